// Counts down the seconds in which a signature can be taken back, and lets Z do it.
import { listen } from "./keys.js";

const begun = performance.now();
const waiting = [...document.querySelectorAll("[data-undo]")];

function tick() {
  for (const form of waiting) {
    const left = Math.ceil(Number(form.dataset.undo) - (performance.now() - begun) / 1000);
    form.querySelector("[data-left]").textContent = left > 0 ? `${left} s` : "";
    if (left > 0) continue;
    form.querySelector("[data-back]").hidden = true;
    form.querySelector("[data-before]").hidden = true;
    form.querySelector("[data-after]").hidden = false;
    waiting.splice(waiting.indexOf(form), 1);
  }
}

tick();
const beat = setInterval(() => { tick(); if (!waiting.length) clearInterval(beat); }, 250);
listen({ z: () => waiting.length ? waiting[0].requestSubmit() : false });
// Come back to by the browser's own button, the page shows seconds that are long over.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
