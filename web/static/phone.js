// A call that is written down: the questions on what it is about are open, those on anything else are put away.
import { isAnswer } from "./asked.js";

const box = document.querySelector("[data-others]");
const form = box?.closest("form");

function subject() {
  const site = form.elements.body_site.value;
  if (site && site !== box.dataset.noSkin) return box.dataset.skin;
  return form.querySelector(`[name="${CSS.escape(box.dataset.others)}"]:checked`)?.value ?? "";
}

const isTold = (part) => [...part.querySelectorAll("input, textarea, select")].some(isAnswer);

function show() {
  const about = subject();
  for (const part of box.querySelectorAll("[data-about]")) {
    const isOurs = part.dataset.about === about;
    if (isOurs && part.hidden) part.open = true;
    // What somebody has answered stays in sight, whatever it turns out to be about.
    part.hidden = !isOurs && !isTold(part);
  }
  box.hidden = !box.querySelector("[data-about]:not([hidden])");
}

if (form) {
  box.querySelector("[data-choose]").hidden = true;
  form.addEventListener("input", show);
  show();
}
