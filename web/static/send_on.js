// The form that sends a family's question on: another specialty or type shows what it asks, each answer what still lacks.
import { showAsked } from "./asked.js";

const form = document.querySelector("[data-send-on]");
const CHOICES = new Set(["specialty", "question_type"]);
const PAUSE = 400;
let asked = 0, later;

async function lookAnew(withParts) {
  const turn = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("verb", "show");
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  const page = new DOMParser().parseFromString((await answer?.text().catch(() => "")) ?? "", "text/html");
  const fresh = page.querySelector("[data-send-on]");
  // Whoever chose again meanwhile waits for the newer list. What did not arrive leaves the older one, whose specialty
  // the form names: the page is shown once more then, and nothing is sent unseen.
  if (turn !== asked || !answer?.ok || !fresh) return;
  if (withParts) swap(fresh, "[data-asked]");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    form.querySelector(`[data-part="${part.dataset.part}"] [data-counted]`)?.replaceChildren(part.querySelector("[data-counted]").textContent);
  }
  keepWhy(() => swap(fresh, "[data-readybox]"));
  showAsked(form);
}

function swap(fresh, name) {
  form.querySelector(name).replaceWith(document.importNode(fresh.querySelector(name), true));
}

// The reason stays as it is now, and the cursor in it.
function keepWhy(change) {
  const names = ["lacking", "lacking_words"], held = document.activeElement?.name;
  const values = names.map((name) => form.elements[name]?.value);
  change();
  names.forEach((name, at) => { if (values[at] && form.elements[name]) form.elements[name].value = values[at]; });
  if (names.includes(held)) form.elements[held]?.focus();
}

// Whose words stand there, in whose language, and how many letters.
function tellQuestion({ target: question }) {
  const count = form.querySelector("[data-count]"), familys = form.querySelector("[data-familys]");
  count.textContent = count.dataset.count.replace("#", question.value.length);
  if (!familys) return;
  familys.hidden = question.value.trim() !== question.defaultValue.trim();
  question.lang = familys.hidden ? document.documentElement.lang : familys.dataset.familys;
}

function changed({ target }) {
  clearTimeout(later);
  if (CHOICES.has(target.name)) return lookAnew(true);
  if (!target.name.startsWith("lacking")) later = setTimeout(lookAnew, PAUSE, false);
}

// The form stands on one tab of the page. Without a script a button asks for the list; with one, every choice does.
if (form) {
  form.querySelector("[data-by-hand]").remove();
  form.elements.question.addEventListener("input", tellQuestion);
  form.addEventListener("change", changed);
}
