// The request form: counts letters, shows what the specialist will see, says what is missing. autosave.js saves it.
import { letGo, standing, watch } from "./adding.js";
import { showAsked } from "./asked.js";
import { saveNow } from "./autosave.js";

const form = document.querySelector("[data-ask]");
const count = document.querySelector("[data-count]");
const PLAIN = new Set(["question", "thinks", "tried", "background", "examined_by", "why_safe"]);
const danger = document.querySelector("[data-danger]");

function has(item) {
  const parts = [...form.querySelectorAll(`[data-check="${item.dataset.item}"]`)];
  // What the specialty asks is judged by the server, with each save.
  if (item.dataset.item === "7") return "kept" in item.dataset;
  if (!parts.length) return "kept" in item.dataset || standing().there.length > 0;
  return parts.some((part) => ["radio", "checkbox"].includes(part.type) ? part.checked : part.value.trim().length >= (part.dataset.least || 1));
}

function refresh() {
  count.textContent = count.dataset.count.replace("#", form.elements.question.value.length);
  const ready = document.querySelector("[data-ready]");
  const there = [...document.querySelectorAll("[data-item]")].filter((item) => { const is = has(item); item.classList.toggle("miss", !is); return is; }).length;
  ready.textContent = ready.dataset.ready.replace("#", there);
  document.querySelector("meter").value = there;
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

const chosen = (page) => page.querySelector("[name=specialty]:checked")?.value;
const partOf = (box, subject) => box.querySelector(`[data-part="${subject}"]`);
let asked = chosen(form);
const left = {};

// Another specialty asks other things. Its items come; those of the old one wait with all that was typed into them,
// also what could not be saved, and those about the child stay as they are under the hands of whoever writes there.
async function askOnce() {
  if (chosen(form) === asked) return;
  const before = asked;
  asked = chosen(form);
  const answer = await fetch(location.pathname + location.search).catch(() => null);
  const fresh = new DOMParser().parseFromString((await answer?.text().catch(() => "")) ?? "", "text/html");
  // What did not arrive, or is of another choice, is asked for again after the next save.
  if (!answer?.ok || answer.redirected || chosen(fresh) !== chosen(form)) { asked = before; return; }
  const box = form.querySelector("[data-asked]"), parts = [...fresh.querySelectorAll("[data-asked] [data-part]")];
  for (const part of box.querySelectorAll("[data-part]")) {
    left[part.dataset.part] = part;
    if (!parts.some((one) => one.dataset.part === part.dataset.part)) part.remove();
  }
  for (const part of parts) if (!partOf(box, part.dataset.part)) box.append(left[part.dataset.part] ?? document.importNode(part, true));
  const reasons = ["lacking", "lacking_words"].map((name) => [name, form.elements[name]?.value]);
  for (const name of ["[data-readybox]", "[data-views]", "[data-named]"]) document.querySelector(name).replaceWith(document.importNode(fresh.querySelector(name), true));
  for (const [name, value] of reasons) if (value && form.elements[name]) form.elements[name].value = value;
  // Each specialty may promise its reply within another time.
  for (const one of fresh.querySelectorAll("[name=urgency]")) form.querySelector(`[name=urgency][value="${one.value}"]`).dataset.due = one.dataset.due;
  document.querySelectorAll("[data-views] input").forEach((input) => { input.required = false; });
  showAsked(form);
  refresh();
}

// What was asked for before the choice was saved told of the old one: whoever calls meanwhile is heard after it.
let isAsking = false, isWanted = false;
async function askAnew() {
  isWanted = true;
  if (isAsking) return;
  isAsking = true;
  try {
    while (isWanted) { isWanted = false; await askOnce(); }
  } finally { isAsking = false; }
}

const told = (name, lines) => document.querySelector(name).replaceChildren(...lines.map((textContent) => Object.assign(document.createElement("li"), { textContent })));

function tellMissing({ missing, likely, counts }) {
  document.querySelector("[data-lacks]").hidden = !missing.length && !likely.length;
  told("[data-lacking]", missing);
  told("[data-likely]", likely);
  document.querySelector("[data-why]").hidden = !missing.length;
  document.querySelector("[data-nothing]")?.toggleAttribute("hidden", likely.length > 0);
  document.querySelector('[data-item="7"]')?.toggleAttribute("data-kept", !missing.length);
  for (const [subject, words] of Object.entries(counts)) {
    const part = partOf(form, subject);
    if (part) part.querySelector("[data-counted]").textContent = words;
  }
}

// "None of these" and a sign cannot both be true; and files are taken once the answer has been saved.
const boxes = [...form.querySelectorAll("[name=red_flags]")], none = form.querySelector("[data-no-signs]");
const isAnswered = () => none.checked || boxes.some((box) => box.checked);
function openFiles(isOpen) {
  document.querySelector("[data-files]").hidden = !isOpen;
  document.querySelector("[data-signs-first]").hidden = isOpen;
}
async function signsChanged(box) {
  if (box === none && none.checked) boxes.forEach((each) => { each.checked = false; });
  if (box !== none && box.checked) none.checked = false;
  refresh();
  if (!isAnswered()) openFiles(false);
  await saveNow();
}

// A request that is sent while files are on their way waits for them, says so, and goes with the last one: the form
// goes by `button` only when every file is there, or when the person says that it goes without.
function holdBack(button) {
  const box = document.querySelector("[data-wait]");
  const part = (name) => box.querySelector(`[data-wait-${name}]`);
  const choices = box.querySelectorAll("[data-wait-choices]");
  let awaited = [], goes = false;

  function say(name, count, share = "") {
    const fill = (key) => (box.dataset[key] ?? "").replace("{n}", count).replace("{share}", share);
    const many = count === 1 ? "One" : "Many", words = fill(name) || fill(`${name}${many}`);
    const heard = name === "going" ? fill(`heard${many}`) : words;
    box.hidden = false;
    part("words").textContent = words;
    // Read aloud when the number changes, not at every percent.
    if (part("heard").textContent !== heard) part("heard").textContent = heard;
    part("skip").textContent = part("skip").dataset[many.toLowerCase()];
    choices.forEach((choice) => { choice.hidden = name === "fewer"; });
  }

  function look() {
    if (!awaited.length) return;
    const { going, stuck } = standing();
    if (awaited.some((card) => !card.isConnected)) { awaited = []; return say("fewer", 0); }
    if (going.length) {
      const share = going.reduce((sum, card) => sum + (card.querySelector("progress")?.value ?? 0), 0) / going.length;
      awaited = [...going, ...stuck];
      return say("going", going.length, `${Math.floor(share)}\u00a0%`);
    }
    if (stuck.length) return say("stuck", stuck.length);
    go();
  }

  function go() {
    goes = true;
    awaited = [];
    letGo(true);
    form.requestSubmit(button);
  }

  function stop() {
    awaited = [];
    box.hidden = true;
    button.focus();
  }

  // Before everybody else, who must not think that the form was sent.
  form.addEventListener("submit", (event) => {
    if (goes || event.submitter !== button) return;
    const { going, stuck } = standing();
    awaited = [...going, ...stuck];
    if (!awaited.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    look();
    box.focus();
  }, true);
  part("skip").addEventListener("click", go);
  part("stop").addEventListener("click", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) { goes = false; letGo(false); stop(); } });
  watch(look);
}

form.addEventListener("input", async (event) => {
  if (event.target === none || event.target.name === "red_flags") return signsChanged(event.target);
  refresh();
  if (event.target.name === "specialty") { await saveNow(); askAnew(); }
});
// What had no fault was saved, whatever else was refused.
form.addEventListener("autosave:heard", ({ detail }) => {
  if (!detail.missing) return;
  openFiles(isAnswered());
  if (chosen(form) === asked && document.querySelector("[data-lacks]")) tellMissing(detail);
  askAnew();
  refresh();
});
openFiles(isAnswered());
watch(refresh);
const button = document.querySelector("[data-send]");
holdBack(button);
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) button.click();
});
refresh();
