// The request form: counts letters, shows what the specialist will see, says what is missing. autosave.js saves it.
import { standing, watch } from "./adding.js";
import { showAsked } from "./asked.js";
import { saveNow } from "./autosave.js";
import { watchMarks } from "./marks.js";
import { holdBack } from "./waiting.js";

const form = document.querySelector("[data-ask]");
const count = document.querySelector("[data-count]");
const PLAIN = new Set(["question", "thinks", "tried", "background", "examined_by", "why_safe"]);
const danger = document.querySelector("[data-danger]");

function has(item) {
  const parts = [...form.querySelectorAll(`[data-check="${item.dataset.item}"]`)];
  // What the specialty asks is judged by the server, with each save.
  if (item.dataset.item === "6") return "kept" in item.dataset;
  if (!parts.length) return "kept" in item.dataset || standing().there.length > 0;
  return parts.some((part) => part.type === "radio" ? part.checked : part.value.trim().length >= (part.dataset.least || 1));
}

function refresh() {
  count.textContent = count.dataset.count.replace("#", form.elements.question.value.length);
  const ready = document.querySelector("[data-ready]");
  const there = [...document.querySelectorAll("[data-item]")].filter((item) => { const is = has(item); item.classList.toggle("miss", !is); return is; }).length;
  ready.textContent = ready.dataset.ready.replace("#", there);
  document.querySelector("meter").value = there;
  showAsked(form);
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

// Another specialty asks other things: save what is there, and put its items in the place of the old ones.
async function askAnew() {
  await saveNow();
  const answer = await fetch(location.pathname + location.search).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const name of ["[data-asked]", "[data-readybox]"]) document.querySelector(name).replaceWith(document.importNode(fresh.querySelector(name), true));
  refresh();
}

form.addEventListener("input", (event) => { refresh(); if (event.target.name === "specialty") askAnew(); });
form.addEventListener("autosave:done", ({ detail }) => {
  const box = document.querySelector("[data-lacks]");
  if (!box || !detail.missing) return;
  box.hidden = !detail.missing.length;
  box.querySelector("[data-lacking]").textContent = detail.missing.join("; ");
  document.querySelector('[data-item="6"]')?.toggleAttribute("data-kept", !detail.missing.length);
  refresh();
});
watch(refresh);
watchMarks(form);
holdBack(form, document.querySelector("[data-send]"));
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) document.querySelector("[data-send]").click();
});
refresh();
