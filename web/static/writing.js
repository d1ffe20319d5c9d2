// The form of an answer and of its correction: it saves itself, and says how hard the family's texts are to read.
import { keepSaving } from "./saving.js";

const form = document.querySelector("[data-answer]");
if (form) keepAnswer(form);

function keepAnswer(form) {
  keepSaving(form, document.querySelector("[data-saved]"));
  form.addEventListener("autosave:heard", ({ detail }) => {
    if (!("lacking" in detail)) return;
    measure("[data-meter]", detail.meter);
    measure("[data-meter-es]", detail.meter_es);
    const lacking = form.querySelector("[data-lacking]");
    lacking.hidden = !detail.lacking;
    if (lacking.querySelector("b").textContent !== detail.lacking) lacking.querySelector("b").textContent = detail.lacking;
  });
  function measure(which, meter) {
    const box = form.querySelector(which);
    if (!box) return;
    box.hidden = !meter;
    if (!meter) return;
    box.querySelector("meter").value = meter.grade;
    // The words are read out by a screen reader, so they change only where they say something new.
    const words = box.querySelector("[role=status]");
    if (words.textContent !== meter.words) words.textContent = meter.words;
  }
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) document.querySelector("[data-sign]").click();
  });
}
