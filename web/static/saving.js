// Saves a form while somebody writes in it: at the latest EVERY ms after the first letter that is not saved yet, however
// fast they go on. What did not arrive is sent again by itself, and the page says so. The copy of kept.js stays until
// the server has it.
import { forget, isTicked, savesItself } from "./kept.js";
import { soonest } from "./typed.js";

const EVERY = 1500, FIRST = 2000, SLOWEST = 15_000, PATIENCE = 20_000;
const AGAIN = new Set([401, 408, 429]);

/** Keep `form` saved, and say in `said` how it stands. */
export function keepSaving(form, said) {
  const place = form.getAttribute("action") || location.pathname + location.search;
  let running = null, dirty = false, unheard = null, wait = FIRST, leaving = false, waiting = false, tried = false, ended = false;
  const { later, stop } = soonest(save);
  savesItself.add(form);

  function content() {
    const body = new FormData(form);
    // Files have a way of their own, which does not begin anew with every word.
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    body.set("verb", "save");
    return body;
  }

  // One save after the other: an older one that arrived last would undo what a newer one has kept.
  async function save() {
    stop();
    while (running) await running;
    if (!dirty && !unheard || leaving || ended) return;
    running = send().finally(() => { running = null; });
    await running;
    if (dirty && !unheard) later(EVERY);
  }

  async function send() {
    // An answer that got lost may be of a save that arrived: the same words once more change nothing.
    const body = unheard ?? content();
    if (!unheard) dirty = false;
    const answer = await fetch(place, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: document.hidden, signal: AbortSignal.timeout(PATIENCE) }).catch(() => null);
    const told = answer && !answer.redirected ? await answer.json().catch(() => null) : null;
    if (!told || answer.status >= 500 || AGAIN.has(answer.status)) {
      unheard = answer && !answer.redirected && answer.status < 500 ? null : body;
      dirty ||= !unheard;
      say(told?.problem || said.dataset.fail, true);
      later(wait);
      wait = Math.min(wait * 2, SLOWEST);
      return;
    }
    unheard = null;
    wait = FIRST;
    if ("seen" in told) form.elements.seen.value = told.seen;
    if ("saves" in told) form.elements.saves.value = told.saves;
    if (!answer.ok) {
      // Another try says the same: the next letter, or a person, changes something.
      ended = Boolean(told.ended);
      say(told.problem || said.dataset.fail, true);
    } else {
      if (!dirty) forget(form);
      say(told.news || [said.dataset.done, told.saved === true ? "" : told.saved].filter(Boolean).join(" "), false);
    }
    form.dispatchEvent(new CustomEvent("autosave:heard", { detail: told }));
  }

  function say(words, isProblem) {
    // The page that comes says it.
    if (waiting && isProblem) return;
    said.classList.toggle("err", isProblem);
    if (said.textContent !== words) said.textContent = words;
  }

  const hurry = () => { if (dirty || unheard) { wait = FIRST; later(0); } };
  form.addEventListener("input", () => { dirty = true; later(EVERY); });
  form.addEventListener("focusout", hurry);
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", () => { if (document.hidden) { if (dirty && !running) save(); } else hurry(); });
  // Nobody leaves unasked while words are nowhere but here.
  addEventListener("beforeunload", (event) => { if (!leaving && (unheard || (dirty && "warn" in form.dataset))) event.preventDefault(); });

  // Sending waits for the save that is on its way and lets no other one start: it must not meet its own newer draft.
  form.addEventListener("submit", async (event) => {
    if (leaving || waiting) return event.preventDefault();
    stop();
    // Whoever comes back to this page later finds it as it was sent.
    if (!tried && (running || unheard || dirty)) {
      event.preventDefault();
      waiting = true;
      while (running) await running;
      if (dirty || unheard) { running = send().finally(() => { running = null; }); await running; }
      stop();
      [waiting, tried] = [false, true];
      return form.requestSubmit(event.submitter);
    }
    tried = false;
    leaving = true;
    // Whoever stops the browser from going on writes on here.
    setTimeout(() => { leaving = false; }, PATIENCE);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) leaving = false; });
  return { saveNow: async () => { dirty = true; await save(); } };
}

// What is wrong is marked at its field. The mark goes away once the field is filled: it would not be true any more.

/** Watch the fields of `form` that were marked. */
export function watchMarks(form) {
  form.addEventListener("input", ({ target }) => {
    const field = target.closest(".bad");
    if (!field || !(isTicked(target) ? target.checked : target.value.trim())) return;
    const lines = [...field.querySelectorAll(".err")], own = lines.filter((line) => nameOf(line) === target.id);
    // Of a table each cell has its own line.
    (own[0] ? own : lines).forEach(unmark);
  });
}

/** Mark what a save could not take: each field by its name, with the sentence. The one that `said` says leads there. */
export function showFaults(form, faults, said) {
  for (const line of form.querySelectorAll("[data-fault]")) if (!(nameOf(line) in faults)) unmark(line);
  for (const [name, words] of Object.entries(faults).reverse()) {
    const part = document.getElementById(name), field = part?.closest(".field"), id = `${name}-error`;
    if (!field) continue;
    if (said.textContent === words) lead(said, name);
    const line = document.getElementById(id) ?? Object.assign(document.createElement("span"), { className: "err", id });
    field.querySelector("label, legend").after(line);
    line.textContent = words;
    line.dataset.fault = "";
    field.classList.add("bad");
    if (part !== field) part.setAttribute("aria-invalid", "true");
    const told = part.getAttribute("aria-describedby") ?? id;
    part.setAttribute("aria-describedby", told.includes(id) ? told : `${told} ${id}`);
  }
}

const nameOf = (line) => line.id.replace("-error", "");

// To a field that is folded away too.
function lead(said, name) {
  const link = Object.assign(document.createElement("a"), { href: `#${name}`, textContent: said.textContent });
  link.onclick = () => { for (let box; box = document.getElementById(name).closest("details:not([open])");) box.open = true; };
  said.replaceChildren(link);
}

function unmark(line) {
  const field = line.closest(".bad");
  document.querySelector(`#problem a[href="#${nameOf(line)}"]`)?.parentElement.remove();
  document.getElementById(nameOf(line))?.removeAttribute("aria-invalid");
  line.remove();
  if (field) field.classList.toggle("bad", field.querySelector(".err"));
  const box = document.querySelector("#problem");
  if (box && !box.querySelector("li")) box.remove();
}
