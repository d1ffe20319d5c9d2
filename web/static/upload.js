// Upload widgets: docs/uploads-client.md says what a page writes and what these cards tell.

import { end, send, unfinished } from "./upload-send.js";
import { find, keep, kept } from "./upload-store.js";

const MEGABYTE = 1024 * 1024;
const LARGEST = { photo: 50 * MEGABYTE, lab_document: 100 * MEGABYTE, video: 2048 * MEGABYTE };
const SETTLED = ["ready", "held", "rejected", "failed"];
const POLLS = 150;

class Card {
  constructor(widget, file) {
    this.widget = widget;
    this.file = file;
    this.root = widget.template.content.firstElementChild.cloneNode(true);
    this.stop = new AbortController();
    this.part("title", (element) => (element.textContent = widget.title(file)));
    for (const drawing of this.root.querySelectorAll("[data-of]")) drawing.hidden = drawing.dataset.of !== file.kind;
    this.part("retry", (element) => element.addEventListener("click", () => widget.queue(this)));
    this.part("remove", (element) => element.addEventListener("click", () => this.remove()));
    if (file.kind === "photo" && file.blob) this.picture(URL.createObjectURL(file.blob));
    widget.list.append(this.root);
  }

  part(name, action) {
    const element = this.root.querySelector(`[data-${name}]`);
    if (element) action(element);
  }

  picture(address) {
    this.part("thumb", (image) => {
      image.onload = () => {
        image.hidden = false;
        this.part("blank", (blank) => (blank.hidden = true));
      };
      image.src = address;
    });
  }

  say(state, share = this.share ?? 0, problem = "") {
    this.share = share;
    this.state = this.root.dataset.state = state;
    this.root.dataset.problem = problem;
    const done = Math.floor(share * 100);
    const n = done || state !== "processing" ? `${done}\u00a0%` : "";
    this.part("state-words", (element) => (element.textContent = this.widget.words(problem || state, { n })));
    this.part("progress", (bar) => {
      bar.value = done;
      bar.hidden = !["sending", "waiting", "offline"].includes(state);
    });
    this.part("retry", (button) => (button.hidden = state !== "problem" || ["too_big", "empty"].includes(problem)));
    this.part("remove", (button) => (button.hidden = ["sent", "processing", ...SETTLED].includes(state)));
    this.widget.tell();
  }

  sending(state, share) {
    this.say(state, share);
    for (const card of this.widget.cards) if (card.state === "lost" && card.file.url === this.file.url) card.drop();
  }

  async send() {
    const { file } = this;
    const current = await find(file.id);
    if (!current) return this.drop();
    file.url = current.url;
    try {
      await send(file, this.widget.token, (state, share) => this.sending(state, share), this.stop.signal);
    } catch (error) {
      if (!this.stop.signal.aborted) this.say("problem", this.share, error.problem ?? "unknown");
      return;
    }
    this.say("sent", 1);
    this.emit("upload:sent", {});
    this.follow();
  }

  // What the workers make of the file; the page tells it too, so this ends after some minutes.
  async follow() {
    for (let number = 0; number < POLLS; number++) {
      await new Promise((done) => setTimeout(done, number < 30 ? 1000 : 5000));
      const status = await fetch(this.file.url).then((answer) => answer.json()).catch(() => null);
      const attachment = status?.attachment;
      if (!attachment) continue;
      if (attachment.thumb_url) this.picture(attachment.thumb_url);
      if (attachment.state !== "received") this.say(attachment.state, attachment.state === "processing" ? attachment.progress / 100 : 1);
      if (SETTLED.includes(attachment.state)) return this.emit("upload:settled", attachment);
    }
  }

  emit(name, { state = "sent", reason = null }) {
    const detail = { upload: this.file.url.split("/").pop(), state, reason };
    this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  drop() {
    this.stop.abort();
    this.widget.cards.delete(this);
    this.root.remove();
    this.widget.tell();
  }

  async remove() {
    this.drop();
    await end(this.file, this.widget.token);
  }
}

class Widget {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector("[data-upload-list]");
    this.template = form.querySelector("[data-upload-card]");
    this.token = form.querySelector("[name=csrf_token]").value;
    this.cards = new Set();
    this.line = Promise.resolve();
    form.querySelectorAll("[data-upload-plain]").forEach((element) => (element.hidden = true));
    form.addEventListener("change", (event) => event.target.type === "file" && this.pick(event.target));
    form.dataset.uploadState = "idle";
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
    await keep(file);
    this.queue(card);
  }

  async resume() {
    for (const file of await kept(this.form.dataset.owner, this.form.dataset.consult)) this.queue(this.add(file));
    // What this phone does not remember any more: only the person can bring the file again.
    for (const { id, url, kind, detail, length, offset } of await unfinished(this.form.dataset.consult, this.token))
      this.add({ id, url, kind, detail }).say("lost", offset / length);
  }

  add(file) {
    const card = new Card(this, file);
    this.cards.add(card);
    return card;
  }

  // One file at a time: two at once would only share the same thin line.
  queue(card) {
    card.say("waiting");
    this.line = this.line.then(() => this.cards.has(card) && alone(card.file.id, () => card.send()));
  }

  tell() {
    const states = [...this.cards].map((card) => card.state);
    const busy = states.some((state) => ["saving", "waiting", "offline", "sending"].includes(state));
    const safe = states.length > 0 && !busy && !states.includes("problem") && !states.includes("lost");
    this.form.dataset.uploadState = busy ? "busy" : safe ? "safe" : "idle";
    this.show("[data-upload-files]", states.length > 0);
    this.show("[data-upload-busy]", busy);
    this.show("[data-upload-safe]", safe);
    stayAwake(busy);
  }

  show(selector, visible) {
    const element = this.form.querySelector(selector);
    if (element && element.hidden === visible) element.hidden = !visible;
  }
}

// Two windows with the same file must not take it from each other again and again.
const alone = (id, action) => navigator.locks?.request(`upload-${id}`, action) ?? action();

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

document.querySelectorAll("form[data-upload]").forEach((form) => new Widget(form));
