// What somebody writes is copied into this tab until the server has it, so that a session that ended takes no words
// along. The copy is for that person alone: it goes when it was saved, when somebody else signs in, and at signing out.
// This page answers a form that was refused. Without this, the browser would ask to send that form again when the person
// comes back here or reloads; with it, this place in the history becomes a plain look at the form's page.
const plain = document.querySelector("link[rel=canonical]");
if (plain) history.replaceState(history.state, "", plain.href);

const PREFIX = "econsult-kept:", LIVES = 24 * 60 * 60 * 1000;
const ELSEWHERE = new Set(["csrf_token", "kept", "saves", "seen", "once", "asked"]);
const WORDS = new Set(["impression", "rec_text", "watch_for", "family_summary", "references"]);
const me = document.querySelector("meta[name=person]")?.content ?? "";
const mine = `${PREFIX}${me}:`;

// The accounts of one person in several programs, told by the page where they are chosen. Whoever is let in to one of
// them first, and goes over, finds the words of the other.
const SAME = "econsult-same";
function owners() {
  const told = document.querySelector("meta[name=accounts]")?.content;
  if (told) write(SAME, told.split(" "));
  const same = read(SAME) ?? [];
  return (same.includes(me) ? same : [me]).map((person) => `${PREFIX}${person}:`);
}

const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
const parts = (form) => [...form.elements].filter((part) => part.name && !["hidden", "file", "password", "submit", "button", "fieldset"].includes(part.type));
// A button with its codes has no words; nor has a search, which is no post.
const LINES = new Set(["textarea", "text", "date", "tel", "email", "number"]);
const hasWords = (form) => form.querySelector("textarea") || parts(form).filter((part) => LINES.has(part.type)).length > 1;
export const isTicked = (part) => part.type === "radio" || part.type === "checkbox";

// Forms of one address may have several readers: what names them is part of the place.
function place(form) {
  const hidden = [...form.elements].filter((part) => part.type === "hidden" && !ELSEWHERE.has(part.name));
  return mine + [form.getAttribute("action") || location.pathname, ...hidden.map((part) => `${part.name}=${part.value}`)].join(" ");
}
const values = (form) => parts(form).filter((part) => !isTicked(part) || part.checked).map((part) => [part.name, part.value]);
const version = (form) => (form.elements.saves ?? form.elements.seen)?.value ?? "";

function read(key) {
  try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
}
function write(key, copy) {
  try { sessionStorage.setItem(key, JSON.stringify(copy)); } catch { sessionStorage.removeItem(key); }
}

/** Forget the copy of this form: the server has it. */
export const forget = (form) => sessionStorage.removeItem(place(form));

function putBack(form, copy) {
  const left = new Map();
  for (const [name, value] of copy.values) left.set(name, [...(left.get(name) ?? []), value]);
  for (const [name, wanted] of left) {
    const more = form.querySelector("[data-more]");
    while (more && parts(form).filter((part) => part.name === name && !isTicked(part)).length < wanted.length && form.querySelector(`[data-step] [name="${name}"]`)) more.click();
  }
  for (const part of parts(form)) {
    const wanted = left.get(part.name) ?? [];
    if (isTicked(part)) part.checked = wanted.includes(part.value);
    else part.value = wanted.length ? wanted.shift() : "";
    if (part.value && !isTicked(part) && part.closest("details")) part.closest("details").open = true;
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

// A text that was saved by somebody meanwhile is not written over without being asked.
function offer(form) {
  const copy = read(place(form));
  if (!copy || JSON.stringify(copy.values) === JSON.stringify(values(form))) return forget(form);
  const said = document.querySelector("template[data-kept]").content.firstElementChild.cloneNode(true);
  const button = said.querySelector("button");
  form.before(said);
  button.addEventListener("click", () => { button.remove(); putBack(form, copy); });
  if (copy.version === version(form)) button.click();
}

function watch(form) {
  form.addEventListener("input", () => write(place(form), { at: Date.now(), version: version(form), values: values(form) }));
  form.addEventListener("submit", () => {
    const copy = read(place(form));
    if (!copy) return;
    const number = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    write(place(form), { ...copy, sent: number });
    form.querySelector("[name=kept]")?.remove();
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value: number }));
  });
}

// Words for an answer that this page cannot take any more: shown to be copied.
function showLeftOver(box) {
  const key = mine + box.dataset.leftover, copy = read(key);
  const words = (copy?.values ?? []).filter(([name, value]) => value.trim() && WORDS.has(name)).map(([, value]) => value);
  if (!words.length) return;
  box.querySelector("textarea").value = words.join("\n\n");
  box.hidden = false;
  box.querySelector("button").addEventListener("click", () => { sessionStorage.removeItem(key); box.hidden = true; });
}

function begin() {
  const heard = document.cookie.match(/(?:^|; )heard=([0-9a-f]{16})/)?.[1];
  const ours = owners();
  for (const key of keys()) {
    const copy = read(key);
    const isOld = !copy || Date.now() - copy.at > LIVES || (heard && copy.sent === heard);
    if (isOld || (me && !ours.some((start) => key.startsWith(start)))) sessionStorage.removeItem(key);
  }
  if (me) document.querySelectorAll("[data-leftover]").forEach(showLeftOver);
  for (const form of me ? document.querySelectorAll("form[method=post]") : []) {
    if (form.getAttribute("action") === "/sign-out") form.addEventListener("submit", () => keys().forEach((key) => sessionStorage.removeItem(key)));
    if (hasWords(form)) { offer(form); watch(form); }
  }
}
// A slow line answers late. A second tap would send the form again, and the page that answers the first be lost: a form
// that is on its way says so by its button and does not go again, until this page is come back to or the wait is too long.
const PATIENCE = 10_000, going = new Map();
function arrive() {
  going.forEach((button) => button?.removeAttribute("aria-busy"));
  going.clear();
}
addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (event.defaultPrevented || form.method !== "post") return;
  if (going.has(form)) return event.preventDefault();
  going.set(form, submitter);
  submitter?.setAttribute("aria-busy", "true");
  setTimeout(arrive, PATIENCE);
});
addEventListener("pageshow", arrive);

// After the page's own scripts, which add lines to forms and count letters.
addEventListener("DOMContentLoaded", begin);
