// Upload widgets: docs/uploads-client.md says what a page writes and what these cards tell.

import { ARRIVED, Card } from "./upload-card.js";
import { end, pay, unfinished } from "./upload-send.js";
import { keep, kept } from "./upload-store.js";

const MEGABYTE = 1024 * 1024;
const LARGEST = { photo: 50 * MEGABYTE, lab_document: 100 * MEGABYTE, video: 2048 * MEGABYTE };
const BUSY = ["saving", "waiting", "offline", "sending"];
const HOUR = 3600000, SOLID = 32 * MEGABYTE;
// Whoever sends an upload lets it rest for less than this many seconds; how often we look; when another window may be done.
const QUIET = 120, LOOK = 10000, AGAIN = 3, OWING = 30000;

class Widget {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-upload-list]");
    this.template = form.querySelector("[data-upload-card]");
    this.token = document.querySelector("[name=csrf-token]").content;
    this.cards = new Set();
    form.querySelectorAll("[data-upload-plain]").forEach((element) => (element.hidden = true));
    form.addEventListener("change", (event) => event.target.type === "file" && this.pick(event.target));
    form.dataset.uploadState = "idle";
    for (const event of ["click", "submit"]) document.addEventListener(event, (moment) => this.stay(moment), true);
    addEventListener("beforeunload", (event) => this.isLeaving || !this.only().length || event.preventDefault());
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    this.resume();
  }

  words(name, values = {}) {
    const text = this.template.getAttribute(`data-say-${name}`) ?? this.template.getAttribute("data-say-unknown") ?? "";
    return text.replace(/{(\w)}/g, (_, key) => values[key]);
  }

  // The name that the server gives the file after a reload: of its view where it has one, else of its kind.
  title({ kind, detail }) {
    return this.words(this.template.hasAttribute(`data-say-title-${detail}`) ? `title-${detail}` : `title-${kind}`);
  }

  pick(input) {
    const [kind, detail = ""] = input.name.split(":");
    const { consult, owner } = this.form.dataset;
    for (const blob of input.files) {
      // Not randomUUID, which plain http lacks.
      const id = `${Date.now()}-${Math.random().toString(36).slice(2)}`;
      this.take({ id, owner, consult, kind, detail, name: blob.name, size: blob.size, blob, url: "", at: Date.now() });
    }
    input.value = "";
  }

  async take(file) {
    const card = this.add(file);
    if (!file.size) return card.say("problem", 0, "empty");
    if (file.size > LARGEST[file.kind]) return card.say("problem", 0, "too_big");
    card.say("saving");
    // The bytes themselves: in private windows the database keeps only where the file lies, and it may change or go.
    const { blob } = file;
    if (file.size <= SOLID) file.blob = await blob.arrayBuffer().then((bytes) => new Blob([bytes], { type: blob.type }), () => blob);
    await keep(file);
    if (this.cards.has(card)) this.queue(card);
    else await end(file, this.token);
  }

  async resume() {
    // On a thin line somebody has chosen a file before this script came, and what they chose is kept by now.
    this.form.querySelectorAll("input[type=file]").forEach((input) => this.pick(input));
    const mine = [...this.cards].map(({ file }) => file.id);
    for (const file of await kept(this.form.dataset.owner, this.form.dataset.consult)) if (!mine.includes(file.id)) this.queue(this.add(file));
    this.look();
    this.pay();
  }

  // What was removed and could not be told, until it is.
  async pay() {
    clearTimeout(this.owing);
    if (await pay(this.form.dataset.owner, this.token)) this.owing = setTimeout(() => this.pay(), OWING);
  }

  // What this browser does not remember: somebody sends it from elsewhere, or only the person can bring the file again.
  async look() {
    const found = await unfinished(this.form.dataset.consult, this.token);
    const cards = [...this.cards];
    const strangers = cards.filter((card) => ["elsewhere", "lost"].includes(card.state));
    for (const { id, url, kind, detail, length, offset, idle } of found ?? []) {
      const known = cards.find((card) => card.file.url === url);
      if (known && !strangers.includes(known)) continue;
      (known ?? this.add({ id, owner: this.form.dataset.owner, url, kind, detail })).say(idle < QUIET ? "elsewhere" : "lost", length ? offset / length : 0);
    }
    if (found) for (const card of strangers) if (!found.some(({ url }) => url === card.file.url)) this.ended(card);
    if ([...this.cards].some((card) => card.state === "elsewhere")) setTimeout(() => this.look(), LOOK);
  }

  async ended(card) {
    if (!this.cards.has(card)) return;
    if ((await card.ask())?.attachment) card.arrived();
    else card.drop();
  }

  add(file) {
    const card = new Card(this, file);
    this.cards.add(card);
    return card;
  }

  queue(card) {
    card.wait("waiting", "", 0);
    this.go?.();
    this.run();
  }

  // One file at a time, because two at once would only share the same thin line; one that must wait lets others pass.
  async run() {
    if (this.isRunning) return;
    this.isRunning = true;
    for (let card; (card = this.next()); ) {
      const patience = card.due - Date.now();
      if (patience > 0) {
        await new Promise((done) => setTimeout((this.go = done), Math.min(patience, HOUR)));
        continue;
      }
      card.due = null;
      await alone(card);
    }
    this.isRunning = false;
  }

  next() {
    return [...this.cards].filter((card) => card.due != null).sort((a, b) => a.due - b.due)[0];
  }

  // The internet or the person comes back. Where the server named a time, that one holds.
  wake() {
    for (const card of this.cards) {
      if (card.due && !card.isTold) card.due = 0;
      // They may have signed in again in another window.
      if (card.root.dataset.problem === "signed_out") this.queue(card);
    }
    this.go?.();
    if (this.owing) this.pay();
    stayAwake(this.form.dataset.uploadState === "busy");
  }

  // Files that exist in this page alone and have not arrived.
  only() {
    return [...this.cards].filter((card) => card.state === "saving" || (card.file.copied === false && !ARRIVED.includes(card.state)));
  }

  // Not only beforeunload, which iPhones do not know.
  stay(event) {
    const way = event.target.closest?.(event.type === "click" ? "a[href]" : "form");
    if (!way || !this.only().length || /^#|^tel:/.test(way.getAttribute("href") ?? "")) return;
    this.isLeaving = confirm(this.words("leave"));
    if (!this.isLeaving) event.preventDefault();
  }

  tell() {
    const states = [...this.cards].map((card) => card.state);
    const busy = states.some((state) => BUSY.includes(state));
    const safe = states.length > 0 && states.every((state) => ARRIVED.includes(state));
    const left = [...this.cards].filter((card) => !ARRIVED.includes(card.state) && !card.isHopeless).length;
    const alone = [...this.cards].some((card) => card.file.copied === false && !ARRIVED.includes(card.state));
    this.form.dataset.uploadState = busy ? "busy" : safe ? "safe" : "idle";
    this.show("[data-upload-files]", states.length > 0);
    this.show("[data-upload-busy]", busy && !alone);
    this.show("[data-upload-hold]", alone);
    this.show("[data-upload-safe]", safe);
    this.show("[data-upload-left]", left > 0, (element) => (element.textContent = this.words(left === 1 ? "one" : "many", { n: left })));
    stayAwake(busy);
  }

  show(selector, visible, fill = () => {}) {
    const element = this.form.querySelector(selector);
    if (!element) return;
    if (element.hidden === visible) element.hidden = !visible;
    const words = element.querySelector("[data-words]");
    if (words) fill(words);
  }
}

// Two windows with the same file must not take it from each other again and again.
async function alone(card) {
  const taken = () => card.wait("waiting", "elsewhere", AGAIN * 1000);
  const lock = (held) => (held ? card.send() : taken());
  await (navigator.locks?.request(`upload-${card.file.id}`, { ifAvailable: true }, lock).catch(() => card.send()) ?? card.send());
}

let awake;
async function stayAwake(wanted) {
  if (wanted && !awake) awake = navigator.wakeLock?.request("screen").catch(() => null);
  if (!wanted && awake) {
    (await awake)?.release();
    awake = undefined;
  }
}

// The system lets go of the lock when the page is hidden.
document.addEventListener("visibilitychange", () => (awake = document.hidden ? undefined : awake));

document.querySelectorAll("[data-upload]").forEach((form) => new Widget(form));
