// The case page: look closely at pictures with mouse, touch or keys, and never lose a word of the answer.
import { listen, offerSwitch } from "./keys.js";
import { watchMarks } from "./saving.js";
import "./writing.js";

const viewer = document.querySelector("[data-viewer]");
const stage = viewer.querySelector("[data-stage]");
const sheets = [...viewer.querySelectorAll("[data-sheet]")];
const LIGHT = [1, 1.3, 1.6, 0.8];
let look = { zoom: 1, x: 0, y: 0, turn: 0, light: 0 };

const open = () => sheets.find((sheet) => !sheet.hidden);
const pictures = () => [...(open()?.querySelectorAll("[data-picture], .drawn") ?? [])];
// Beside the one from before, the new one counts.
const picture = () => pictures().filter((part) => part.matches("[data-picture]")).pop();

// A picture or film that does not come is no picture on which there is nothing to see.
function blankSmall(part) {
  const blank = document.createElement("span");
  blank.className = "strip-blank";
  blank.append(stage.querySelector("[data-blank] svg")?.cloneNode(true) ?? "");
  part.replaceWith(blank);
}
function tellBlank(part) {
  const sheet = part.closest("[data-sheet]");
  sheet.querySelector("[data-blank]").hidden = false;
  (part.closest(".half") ?? part.closest("video")).hidden = true;
}
for (const part of stage.querySelectorAll("[data-picture], video source")) {
  part.addEventListener("error", () => tellBlank(part));
  if (part.complete && part.naturalWidth === 0) tellBlank(part);
}
for (const part of viewer.querySelectorAll(".strip img")) {
  part.addEventListener("error", () => blankSmall(part));
  if (part.complete && part.naturalWidth === 0) blankSmall(part);
}

function draw() {
  for (const part of pictures()) {
    part.style.transform = `translate(${look.x}px, ${look.y}px) scale(${look.zoom}) rotate(${look.turn}deg)`;
    if (part.matches("img")) part.style.filter = look.light ? `brightness(${LIGHT[look.light]})` : "";
  }
  stage.classList.toggle("zoomed", look.zoom > 1);
}

function zoom(factor, at) {
  const next = Math.min(Math.max(look.zoom * factor, 1), 12);
  const box = stage.getBoundingClientRect();
  const dx = at ? at.clientX - box.left - box.width / 2 : 0, dy = at ? at.clientY - box.top - box.height / 2 : 0;
  const ratio = next / look.zoom;
  look = { ...look, zoom: next, x: next === 1 ? 0 : dx - (dx - look.x) * ratio, y: next === 1 ? 0 : dy - (dy - look.y) * ratio };
  draw();
}

function actual() {
  const image = picture();
  if (!image) return;
  const shown = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
  look = { ...look, zoom: Math.max(1 / shown / devicePixelRatio, 1), x: 0, y: 0 };
  draw();
}

const doing = {
  in: () => zoom(1.4), out: () => zoom(1 / 1.4), actual,
  fit: () => { look = { zoom: 1, x: 0, y: 0, turn: 0, light: 0 }; draw(); },
  turn: () => { look.turn += 90; draw(); },
  bright: () => { look.light = (look.light + 1) % LIGHT.length; draw(); },
};

function show(number) {
  if (number < 1 || number > sheets.length) return;
  doing.fit();
  open()?.querySelector("video")?.pause();
  sheets.forEach((sheet) => { sheet.hidden = Number(sheet.dataset.sheet) !== number; });
  viewer.querySelectorAll("[data-open]").forEach((link) => Number(link.dataset.open) === number ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current"));
}
const step = (by) => { show(Number(open()?.dataset.sheet || 0) + by); };
const move = (x, y) => { if (look.zoom === 1) return false; look.x += x; look.y += y; draw(); };

viewer.querySelector("[role=toolbar]").hidden = !sheets.some((sheet) => sheet.querySelector("[data-picture]"));
viewer.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => doing[button.dataset.do]()));
viewer.querySelectorAll("[data-open]").forEach((link) => link.addEventListener("click", (event) => { event.preventDefault(); show(Number(link.dataset.open)); }));
stage.addEventListener("wheel", (event) => { if (!picture() || event.target.closest("form")) return; event.preventDefault(); zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event); }, { passive: false });

let held = null;
stage.addEventListener("pointerdown", (event) => {
  if (event.target.closest("video, figcaption, form, label") || !picture()) return;
  held = { x: event.clientX, y: event.clientY, far: 0 };
  stage.setPointerCapture(event.pointerId);
});
stage.addEventListener("pointermove", (event) => {
  if (!held) return;
  const x = event.clientX - held.x, y = event.clientY - held.y;
  held = { x: event.clientX, y: event.clientY, far: held.far + Math.abs(x) + Math.abs(y) };
  if (look.zoom > 1) move(x, y);
});
// A plain press on a zoomed picture brings that place to the middle, for people who cannot drag.
stage.addEventListener("pointerup", (event) => {
  if (held && held.far < 5 && look.zoom > 1) {
    const box = stage.getBoundingClientRect();
    move(box.left + box.width / 2 - event.clientX, box.top + box.height / 2 - event.clientY);
  }
  held = null;
});

const focus = (selector) => { const part = document.querySelector(selector); part?.focus(); return Boolean(part); };
const keycard = document.querySelector("[data-keycard]");
const missing = document.querySelector("[data-missing]");

function askForMissing() {
  if (!missing) return false;
  missing.open = true;
  missing.querySelector("input").focus();
  return true;
}
// The key Q leads here from another lane, with the place in the address.
if (location.hash === "#missing") askForMissing();
listen({
  ArrowRight: (event) => event.shiftKey ? move(-60, 0) : step(1),
  ArrowLeft: (event) => event.shiftKey ? move(60, 0) : step(-1),
  ArrowUp: (event) => event.shiftKey ? move(0, 60) : false,
  ArrowDown: (event) => event.shiftKey ? move(0, -60) : false,
  "+": doing.in, "=": doing.in, "-": doing.out, 0: doing.fit, 1: doing.actual, r: doing.turn, b: doing.bright,
  a: () => focus("#impression") || focus("#text"),
  q: () => askForMissing() || document.querySelector("[data-to-missing]")?.click(),
  m: () => { const box = open()?.querySelector("[data-marking] details"); if (!box) return false; box.open = !box.open; },
  "?": () => { keycard.open = true; return focus("[data-keyswitch]"); },
  c: () => document.querySelector("[data-claim]")?.click(),
});
offerSwitch();

document.querySelectorAll("form").forEach(watchMarks);
