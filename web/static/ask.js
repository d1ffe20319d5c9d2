// The request form: counts letters, shows what the specialist will see, says what is missing. autosave.js saves it.
import { standing, watch } from "./adding.js";
import "./autosave.js";
import { watchMarks } from "./marks.js";
import { holdBack } from "./waiting.js";

const form = document.querySelector("[data-ask]");
const count = document.querySelector("[data-count]");
const ready = document.querySelector("[data-ready]");
const meter = document.querySelector("meter");
const items = [...document.querySelectorAll("[data-item]")];
const PLAIN = new Set(["question", "thinks", "tried", "background", "examined_by", "why_safe"]);
const danger = document.querySelector("[data-danger]");

function has(item) {
  const parts = [...form.querySelectorAll(`[data-check="${item.dataset.item}"]`)];
  if (!parts.length) return "kept" in item.dataset || standing().there.length > 0;
  return parts.some((part) => part.type === "radio" ? part.checked : part.value.trim().length >= (part.dataset.least || 1));
}

function refresh() {
  count.textContent = count.dataset.count.replace("#", form.elements.question.value.length);
  const there = items.filter((item) => { const is = has(item); item.classList.toggle("miss", !is); return is; }).length;
  ready.textContent = ready.dataset.ready.replace("#", there);
  meter.value = there;
  for (const part of document.querySelectorAll("[data-shows]")) {
    const name = part.dataset.shows;
    const words = PLAIN.has(name) ? form.elements[name].value.trim() : form.querySelector("[name=specialty]:checked")?.parentElement.textContent.trim();
    if (words) part.textContent = words;
  }
  const signs = [...form.querySelectorAll("[name=red_flags]:checked")].map((box) => box.parentElement.textContent.trim());
  danger.hidden = !signs.length;
  danger.querySelector("[data-signs]").textContent = signs.join("; ");
  const due = form.querySelector("[name=urgency]:checked")?.dataset.due;
  if (due) document.querySelector("[data-dueline]").textContent = due;
}

form.addEventListener("input", refresh);
watch(refresh);
watchMarks(form);
holdBack(form, document.querySelector("[data-send]"));
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) document.querySelector("[data-send]").click();
});
refresh();
