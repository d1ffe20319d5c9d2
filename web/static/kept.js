// What somebody writes is copied into this tab until the server has it, so that a session that ended takes no words
// along. The copy is for that person alone: it goes when it was saved, when somebody else signs in, and at signing out.
// A browser that is killed takes its tabs along: the server keeps a sealed copy too (typed.js), and the newer one counts.
import { keepTyped, tell } from "./typed.js";

// This page answers a form that was refused. Without this, the browser would ask to send that form again when the person
// comes back here or reloads; with it, this place in the history becomes a plain look at the form's page.
const plain = document.querySelector("link[rel=canonical]");
if (plain) history.replaceState(history.state, "", plain.href);

const PREFIX = "econsult-kept:", LIVES = 24 * 60 * 60 * 1000;
const ELSEWHERE = new Set(["csrf_token", "kept", "saves", "seen", "once", "asked"]);
const WORDS = new Set(["impression", "rec_text", "rec_text_es", "watch_for", "watch_for_es", "family_summary", "family_summary_es", "references"]);
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

/** Forms that the server has as drafts of their own, told by the scripts that save them. */
export const savesItself = new WeakSet();

const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
const parts = (form) => [...form.elements].filter((part) => part.name && part.autocomplete !== "one-time-code" && !["hidden", "file", "password", "submit", "button", "fieldset"].includes(part.type));
// A button with its codes has no words, nor has a search. A single line has them where it is as long as a reason.
const LINES = new Set(["textarea", "text", "date", "tel", "email", "number"]), REASON = 200;
const lines = (form) => parts(form).filter((part) => LINES.has(part.type));
// A page that somebody may have to leave fast keeps nothing: that a home is not safe is told there.
const isLeft = () => document.querySelector("[data-exit]");
const hasWords = (form) => !isLeft() && form.getAttribute("role") !== "search" && (form.querySelector("textarea") || lines(form).length > 1 || lines(form).some((part) => part.maxLength >= REASON));
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

const there = new Map(JSON.parse(document.querySelector("template[data-kept]")?.dataset.typed ?? "[]").map(({ fields, ...copy }) => [mine + copy.place, { ...copy, values: fields }]));
const fresh = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const drop = (number) => { if (number) tell({ verb: "drop", number }); };

// A line may break once the server has what was sent, and before its answer is here. Until an answer came nobody knows
// whether it was sent; and after a second press, a refusal may only say that the first one was taken.
const ONCE = 1, OFTEN = 2;
const answered = (copy) => ({ ...copy, unheard: copy.unheard === OFTEN ? OFTEN : 0 });
const sentAs = (number) => number ? keys().map((key) => [key, read(key)]).filter(([, copy]) => copy?.sent === number) : [];
function leave(number) {
  for (const [key, copy] of sentAs(number)) write(key, { ...copy, unheard: copy.unheard ? OFTEN : ONCE });
  // What was heard of the press before says nothing of this one.
  const [, name] = (number && document.cookie.match(new RegExp(`(?:^|; )((?:__Host-)?heard)=(?:no-)?${number}`))) || [];
  if (name) document.cookie = `${name}=; path=/; max-age=0; samesite=lax${name === "heard" ? "" : "; secure"}`;
}
const sayWhether = (said, copy) => said.querySelector(copy.unheard ? "[data-unsent]" : "[data-unheard]")?.remove();

// Of a case, each lane has forms of its own: the open one where this form stands in it, else none.
const laneOf = (form) => form.closest("[data-lanes]")?.querySelector("[data-lane][aria-current]")?.dataset.lane;

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

// What was sent and is shown once more, to be put right or to be sent after all, is still nowhere but here.
const isBack = (form, copy, heard) => plain && heard && copy?.sent === heard && !savesItself.has(form) && lines(form).some((part) => part.value.trim());

// Whether what is put back just now came from the server.
let hasAll = false;

// A text that was saved by somebody meanwhile is not written over without being asked.
function offer(form, heard) {
  const key = place(form), own = read(key), theirs = there.get(key);
  if (isBack(form, own, heard)) return write(key, { ...answered(own), at: Date.now(), values: values(form) });
  const copy = theirs && !(own?.at >= theirs.at) ? theirs : own;
  if (!copy || JSON.stringify(copy.values) === JSON.stringify(values(form))) {
    drop(theirs?.number);
    return forget(form);
  }
  write(key, copy);
  const said = document.querySelector("template[data-kept]").content.firstElementChild.cloneNode(true);
  const button = said.querySelector("button");
  sayWhether(said, copy);
  form.before(said);
  button.addEventListener("click", () => { button.remove(); putBack(form, copy); });
  if (copy.version !== version(form)) return;
  hasAll = copy === theirs;
  button.click();
  hasAll = false;
}

function watch(form) {
  // Words that go on in another form, such as from an answer to a note, keep their number, and end together.
  const came = form.elements.kept?.value;
  const typed = keepTyped(() => {
    const { values: fields, at, version, number } = read(place(form)) ?? {};
    return number ? { page: location.pathname, place: place(form).slice(mine.length), number, at, version, fields } : null;
  });
  form.addEventListener("input", () => {
    const before = read(place(form));
    const number = before?.sent ? fresh() : before?.number ?? (sentAs(came).length ? came : fresh());
    write(place(form), { at: Date.now(), version: version(form), values: values(form), number, unheard: before?.unheard });
    if (!savesItself.has(form) && !hasAll) typed.soon();
  });
  form.addEventListener("submit", (event) => {
    const copy = read(place(form)), number = copy?.number ?? fresh();
    if (!copy) return;
    const words = lines(form).map((part) => part.value).filter((text) => text.trim());
    write(place(form), { ...copy, number, sent: number, late: !event.defaultPrevented && typed.end(), page: location.pathname, lane: laneOf(form), words });
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
  sayWhether(box, copy);
  box.hidden = false;
  box.querySelector("button").addEventListener("click", () => { sessionStorage.removeItem(key); box.hidden = true; });
}

// The form waits in another lane, which is for other readers; or this page shows its words already.
const isElsewhere = ({ lane }) => lane && document.querySelector(`[data-lane="${lane}"]:not([aria-current])`);
const isShown = (key) => [...document.querySelectorAll("[data-leftover]:not([hidden])")].some((box) => mine + box.dataset.leftover === key);

// What was sent, while its form went from the page: somebody else was faster, or it was done already, maybe by this.
function showRefused(forms) {
  if (document.getElementById("lost")) return;
  for (const key of keys().filter((each) => each.startsWith(mine))) {
    const copy = read(key);
    if (copy?.page !== location.pathname || !copy.words.length || forms.some((form) => place(form) === key)) continue;
    if (isElsewhere(copy) || isShown(key)) continue;
    const box = document.querySelector("template[data-refused]").content.firstElementChild.cloneNode(true);
    box.querySelector("textarea").value = copy.words.join("\n\n");
    sayWhether(box, copy);
    box.querySelector("button").addEventListener("click", () => { sessionStorage.removeItem(key); drop(copy.number); box.remove(); });
    // A case fills the screen: on top of it the box would lie over its number and its clock.
    const lanes = document.querySelector("[data-lanes] > nav");
    lanes ? lanes.after(box) : document.querySelector("main").prepend(box);
  }
}

function begin() {
  const [, refused, number] = document.cookie.match(/(?:^|; )(?:__Host-)?heard=(no-)?([0-9a-f]{16})/) ?? [], heard = refused ? undefined : number;
  if (refused) for (const [key, copy] of sentAs(number)) write(key, answered(copy));
  const ours = owners();
  const forms = me ? [...document.querySelectorAll("form[method=post]")] : [];
  for (const key of keys()) {
    const copy = read(key), isHeard = copy && heard && copy.sent === heard && !forms.some((form) => place(form) === key && isBack(form, copy, heard));
    const isOld = !copy || Date.now() - copy.at > LIVES || isHeard;
    // A save that was on its way may have arrived after the form.
    if (isHeard && (plain || copy.late)) drop(copy.number);
    if (isOld || (me && !ours.some((start) => key.startsWith(start)))) sessionStorage.removeItem(key);
  }
  if (me) document.querySelectorAll("[data-leftover]").forEach(showLeftOver);
  if (me && !isLeft()) showRefused(forms);
  for (const form of forms) {
    if (form.getAttribute("action") === "/sign-out") form.addEventListener("submit", () => keys().forEach((key) => sessionStorage.removeItem(key)));
    if (hasWords(form)) { watch(form); offer(form, heard); }
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
  leave(form.elements.kept?.value);
  setTimeout(arrive, PATIENCE);
});
addEventListener("pageshow", arrive);

// After the page's own scripts, which add lines to forms and count letters.
addEventListener("DOMContentLoaded", begin);
