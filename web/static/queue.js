// The queue's comforts: move with keys, look at the chosen row beside the list, and hear of news without rows moving.
import { listen, offerSwitch } from "./keys.js";

const queue = document.querySelector("[data-queue]");
const peek = document.querySelector("[data-peek]");
const rows = [...queue.querySelectorAll("tbody tr")];
let chosen = 0;

function choose(index, focus = true) {
  if (!rows.length) return;
  chosen = Math.min(Math.max(index, 0), rows.length - 1);
  rows.forEach((row, i) => i === chosen ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current"));
  show(rows[chosen]);
  if (focus) rows[chosen].querySelector("a").focus();
}

// The card beside the list says what the row says, so nothing is sent twice.
function show(row) {
  for (const slot of peek.querySelectorAll("[data-from]")) {
    const part = row.querySelector(`[data-part=${slot.dataset.from}]`);
    slot.replaceChildren(...(part?.cloneNode(true).childNodes ?? []));
  }
  const small = row.querySelector(".thumb img"), large = peek.querySelector("[data-picture]");
  large.hidden = !small;
  if (small) large.src = small.src;
  peek.querySelector("[data-open]").href = row.querySelector("a").href;
  const claim = peek.querySelector("form");
  claim.hidden = !row.dataset.claim;
  claim.action = row.dataset.claim ?? "";
}

rows.forEach((row, index) => {
  row.addEventListener("focusin", () => index !== chosen && choose(index, false));
  row.addEventListener("click", (event) => event.target.closest("a") || choose(index, false));
});

const news = document.querySelector("[data-news]");
const seen = new Set(rows.map((row) => row.dataset.mark));
let etag = "";

// The session has ended: a list that looks alive would be a lie.
function stop() {
  clearInterval(timer);
  removeEventListener("focus", ask);
  const words = news.querySelector("[data-many]");
  words.textContent = words.dataset.ended;
  news.hidden = false;
}

async function ask() {
  if (document.hidden || !navigator.onLine) return;
  const answer = await fetch(queue.dataset.marks, { headers: { "X-Background": "1", "If-None-Match": etag } }).catch(() => null);
  if (answer?.status === 401) return stop();
  if (!answer || answer.status !== 200) return;
  etag = answer.headers.get("ETag") || "";
  const { marks } = await answer.json();
  const ids = new Set([...seen].map((mark) => mark.split(".")[0]));
  const fresh = marks.filter((mark) => !ids.has(mark.split(".")[0])).length;
  const same = marks.length === seen.size && marks.every((mark) => seen.has(mark));
  const words = news.querySelector("[data-many]");
  words.textContent = fresh > 1 ? words.dataset.many.replace("#", fresh) : fresh ? words.dataset.one : words.dataset.other;
  news.hidden = same;
}

listen({
  j: () => choose(chosen + 1),
  k: () => choose(chosen - 1),
  Enter: (event) => event.target.closest("a, button") ? false : rows[chosen]?.querySelector("a").click(),
  c: () => peek?.querySelector("form:not([hidden])")?.requestSubmit(),
  g: () => document.querySelector("[data-next]").click(),
  ".": () => news.hidden ? false : news.querySelector("a").click(),
  "?": () => { document.querySelector("[data-keycard]").scrollIntoView(); document.querySelector("[data-keyswitch]").focus(); },
});
document.querySelector("[data-keys]").addEventListener("click", () => document.querySelector("[data-keyswitch]").focus());
offerSwitch();
choose(0, false);
const timer = setInterval(ask, 15000);
addEventListener("focus", ask);
