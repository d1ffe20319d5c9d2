// Measures the work of whoever has this page open: begins with a move, ends when hidden or idle, tells the server every
// half minute when the person last moved. It sends codes and numbers, never a word of what somebody writes.
const box = document.querySelector("[data-timer]");
const words = box.querySelector("[data-timer-words]");
const token = document.querySelector("input[name=csrf_token]").value;
const EVERY = 30_000, limit = Number(box.dataset.idle) * 1000;
let entry = "", work = box.dataset.activity, running = "", moved = performance.now();
let before = Number(box.dataset.seconds), since = 0, busy = false;

const idle = () => performance.now() - moved;

function show() {
  const now = before + (entry ? (moved - since) / 1000 : 0);
  const said = (entry ? box.dataset.running : box.dataset.paused).replace("{minutes}", Math.floor(Math.max(now, 0) / 60));
  if (words.textContent !== said) words.textContent = said;
}

async function tell(verb) {
  const body = new FormData();
  body.set("csrf_token", token);
  body.set("verb", verb);
  body.set("entry", entry);
  body.set("activity", work);
  body.set("idle", Math.round(idle() / 1000));
  // Only what a person does keeps a session alive; this is the page's own word.
  const headers = { Accept: "application/json", "X-Background": "1" };
  const answer = await fetch(box.dataset.timer, { method: "POST", body, headers, keepalive: true, redirect: "error" });
  return answer.ok ? answer.json() : {};
}

async function begin() {
  if (busy || document.hidden) return;
  busy = true;
  try {
    const told = await tell("start");
    if (told.entry) {
      [entry, running, before, since] = [told.entry, work, told.seconds, performance.now()];
      // Hidden while the answer was on its way: nobody looks any more.
      if (document.hidden) pause();
    }
  } catch { /* Without a network nothing is measured; the next move tries again. */ }
  busy = false;
  show();
}

function pause() {
  if (!entry) return;
  tell("pause").catch(() => {});
  stop();
}

function stop() {
  before += Math.max((moved - since) / 1000, 0);
  entry = "";
  show();
}

async function beat() {
  if (!entry || busy) return;
  if (work !== running && idle() < EVERY) return begin();
  const mine = entry;
  try {
    const told = await tell("beat");
    if (!told.running && entry === mine) stop();
  } catch { /* The next beat may come through; after a hundred seconds the server has ended it. */ }
  show();
}

let asked = 0;
function move(event) {
  moved = performance.now();
  const place = event.target instanceof Element ? event.target : null;
  if (place?.closest("[data-viewer]")) work = "media_view";
  else if (place?.closest("[data-answer]") && event.type !== "pointermove") work = "report_writing";
  else if (place?.closest("[data-messages]") && event.type !== "pointermove") work = "communication";
  if (!entry && moved - asked > 2000) { asked = moved; begin(); }
}

["pointerdown", "pointermove", "keydown", "wheel"].forEach((name) => addEventListener(name, move, { passive: true, capture: true }));
document.addEventListener("visibilitychange", () => { if (document.hidden) pause(); else { moved = performance.now(); begin(); } });
addEventListener("pagehide", pause);
setInterval(() => { if (entry && idle() >= limit) pause(); else beat(); }, EVERY);
begin();
