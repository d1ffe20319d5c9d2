// The form of an answer and of its correction: it saves itself, says how hard the family's texts are to read, and takes
// another line for a step where it has room for more.
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

const steps = document.querySelector("[data-steps]");
if (steps) offerMore(steps);

function offerMore(form) {
  const more = form.querySelector("[data-more]");
  more.hidden = false;
  more.addEventListener("click", () => {
    const steps = form.querySelectorAll("[data-step]");
    const row = steps[steps.length - 1].cloneNode(true), number = steps.length + 1;
    row.querySelectorAll("[id]").forEach((part) => { const name = part.id.replace(/\d+/, number); row.querySelector(`label[for=${part.id}]`).htmlFor = name; part.id = name; });
    row.querySelectorAll("label").forEach((label) => { label.textContent = label.textContent.replace(/\d+/, number); });
    row.querySelectorAll("textarea").forEach((field) => { field.value = ""; });
    more.before(row);
    row.querySelector("textarea").focus();
  });
  // One step a line: Enter goes on to the next one, as on a list. With Ctrl it signs.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.target.name !== "rec_text") return;
    event.preventDefault();
    const lines = [...form.querySelectorAll("[name=rec_text]")], next = lines[lines.indexOf(event.target) + 1];
    if (next) next.focus(); else more.click();
  });
}
