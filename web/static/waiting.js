// A request that is sent while files are on their way waits for them, says so, and goes with the last one.
import { letGo, standing, watch } from "./adding.js";

/** Let `form` go by `button` only when every file is there, or when the person says that it goes without. */
export function holdBack(form, button) {
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
