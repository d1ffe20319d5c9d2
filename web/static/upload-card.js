// The card of one file: its line in the queue, its words, and what becomes of it after the receipt.

import { Again, end, send } from "./upload-send.js";
import { find, keep } from "./upload-store.js";

const SETTLED = ["ready", "held", "rejected", "failed"];
export const ARRIVED = ["sent", "processing", ...SETTLED];
const HOPELESS = ["too_big", "empty", "unreadable", "closed", "erased"];
const POLLS = 150;

export class Card {
  constructor(widget, file) {
    this.widget = widget;
    this.file = file;
    this.root = widget.template.content.firstElementChild.cloneNode(true);
    this.stop = new AbortController();
    this.failures = 0;
    this.part("title", (element) => (element.textContent = widget.title(file)));
    for (const drawing of this.root.querySelectorAll("[data-of]")) drawing.hidden = drawing.dataset.of !== file.kind;
    this.part("retry", (element) => element.addEventListener("click", () => this.retry()));
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

  // Nothing that anybody could do here would let it arrive.
  get isHopeless() {
    return this.state === "problem" && HOPELESS.includes(this.root.dataset.problem);
  }

  // `why` is a problem, or what a file waits for.
  say(state, share = this.share ?? 0, why = "") {
    this.share = share;
    this.state = this.root.dataset.state = state;
    this.root.dataset.problem = why;
    const done = Math.floor(share * 100);
    const n = done || state !== "processing" ? `${done}\u00a0%` : "";
    this.part("state-words", (element) => (element.textContent = this.widget.words(why || state, { n })));
    this.part("progress", (bar) => {
      bar.value = done;
      bar.hidden = !["sending", "waiting", "offline"].includes(state);
    });
    this.part("retry", (button) => (button.hidden = state !== "problem" || this.isHopeless));
    // What somebody sends at this moment is not taken from them.
    this.part("remove", (button) => (button.hidden = [state, why].includes("elsewhere") || ARRIVED.includes(state)));
    this.widget.tell();
  }

  // It stays in the line, for so many milliseconds; `isTold` where the server said so.
  wait(state, why, patience, isTold = false) {
    this.due = Date.now() + patience;
    this.isTold = isTold;
    this.say(state, this.share, why);
  }

  sending(share) {
    this.say("sending", share);
    for (const card of this.widget.cards) if (card !== this && !card.file.blob && card.file.url === this.file.url) card.drop();
  }

  async send() {
    const { file } = this;
    const known = await find(file.id);
    if (known?.over) return this.over(known);
    // The database says nothing when it was emptied or is out of reach: the page still has the file.
    if (known?.url && !file.dead?.includes(known.url)) file.url = known.url;
    if (!known && file.copied) await keep(file);
    const { signal } = this.stop;
    if (signal.aborted) return;
    try {
      const moved = () => (this.failures = 0);
      await send({ file, token: this.widget.token, say: (share) => signal.aborted || this.sending(share), moved, signal });
    } catch (error) {
      if (!signal.aborted) this.failed(error);
      return;
    }
    if (!signal.aborted) this.arrived();
  }

  // Another window with this file has sent or removed it.
  over({ over, url }) {
    if (over === "removed") return this.drop();
    this.file.url = url;
    this.arrived();
  }

  failed(error) {
    if (!(error instanceof Again)) return this.say("problem", this.share, error.problem ?? "unknown");
    const { seconds, why } = error;
    const patience = Math.min(1000 * 2 ** this.failures++, 60000) * (0.5 + Math.random());
    const told = seconds * 1000 * (1 + Math.random() / 2);
    if (navigator.onLine) this.wait("waiting", why, seconds ? told : patience, seconds > 0);
    else this.wait("offline", "", patience);
  }

  retry() {
    this.file.dead = [];
    this.widget.queue(this);
  }

  arrived() {
    this.say("sent", 1);
    this.emit("upload:sent", {});
    document.querySelectorAll("[data-no-file]").forEach((element) => (element.hidden = true));
    this.follow();
  }

  // What the workers make of the file; the page tells it too, so this ends after some minutes.
  async follow() {
    for (let number = 0; number < POLLS; number++) {
      await new Promise((done) => setTimeout(done, number < 30 ? 1000 : 5000));
      const attachment = (await this.ask())?.attachment;
      if (!attachment) continue;
      if (attachment.thumb_url) this.picture(attachment.thumb_url);
      if (attachment.state !== "received") this.say(attachment.state, attachment.state === "processing" ? attachment.progress / 100 : 1);
      // Why a file was refused is known to the server, in the reader's words.
      if (attachment.words) this.part("state-words", (element) => (element.textContent = attachment.words));
      if (SETTLED.includes(attachment.state)) return this.emit("upload:settled", attachment);
    }
  }

  ask() {
    return fetch(this.file.url).then((answer) => answer.json()).catch(() => null);
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
    // What is part of a question that was sent cannot be taken back, and is shown again.
    if ((await end(this.file, this.widget.token)) === 403) this.widget.add(this.file).arrived();
    else this.widget.pay();
  }
}
