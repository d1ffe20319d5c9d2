// Saves a half-written form by itself, and says so. What could not be saved stays in this tab (kept.js).
import { forget } from "./kept.js";

const form = document.querySelector("[data-autosave]");
const said = document.querySelector("[data-saved]");
let timer = 0, dirty = false, last = Promise.resolve();

export async function saveNow() { dirty = true; await save(); }

// One save after the other: an older one that arrived last would undo what a newer one has kept.
function save() {
  clearTimeout(timer);
  return (last = last.then(keep, keep));
}

async function keep() {
  if (!dirty) return;
  dirty = false;
  const body = new FormData(form);
  // Files have a way of their own, which does not begin anew with every word.
  for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
  body.set("verb", "save");
  const answer = await fetch(location.pathname + location.search, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const fine = answer?.ok && !answer.redirected;
  const told = answer && !answer.redirected ? await answer.json().catch(() => ({})) : {};
  said.classList.toggle("err", !fine);
  said.textContent = fine ? said.dataset.done : told.problem || said.dataset.fail;
  if (fine && !dirty) forget(form);
  if (fine) form.dispatchEvent(new CustomEvent("autosave:done", { detail: told }));
  dirty ||= !fine;
}

form.addEventListener("input", () => { dirty = true; clearTimeout(timer); timer = setTimeout(save, 2000); });
form.addEventListener("focusout", save);
addEventListener("online", save);
form.addEventListener("submit", () => { clearTimeout(timer); dirty = false; });
