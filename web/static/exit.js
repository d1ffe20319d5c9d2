// Leaves a page at once that somebody must not see: by its button, or by pressing Escape twice. What was typed here and
// what this tab keeps is cleared, this place in the history becomes the start page, the session ends, and the page itself
// turns empty before the other one has arrived. Who says that home is not safe leaves no unsent photo on the phone either.
import { tell } from "./typed.js";

const link = document.querySelector("[data-exit]");
const PAUSE = 2000;
let pressed = 0;

// These go on by themselves when this page is gone. A device that was only invited could not come back, and stays.
function forget() {
  if ("out" in link.dataset) {
    const csrf_token = document.querySelector("meta[name=csrf-token]").content;
    fetch("/sign-out", { method: "POST", body: new URLSearchParams({ csrf_token }), keepalive: true, redirect: "manual" }).catch(() => {});
  } else if (document.querySelector("meta[name=person]")) tell({ verb: "forget" });
  if ("photos" in link.dataset || document.querySelector("[value=unsafe]:checked")) indexedDB.deleteDatabase("econsult-uploads");
}

function leave() {
  sessionStorage.clear();
  forget();
  document.querySelectorAll("form").forEach((form) => form.reset());
  document.body.hidden = true;
  document.title = "";
  history.replaceState(null, "", link.dataset.start);
  location.replace(link.href);
}

link.addEventListener("click", (event) => { event.preventDefault(); leave(); });
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.repeat) return;
  if (event.timeStamp - pressed < PAUSE && pressed) leave();
  pressed = event.timeStamp;
});
// Whoever comes back finds what was ticked no more.
addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form").forEach((form) => form.reset()); });
document.querySelector("[data-exit-keys]").hidden = false;
