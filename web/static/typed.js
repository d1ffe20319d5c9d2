// Sends what somebody types into a form to the server, which keeps it sealed until the form is sent: at the latest EVERY
// ms after the first letter that it has not got, however fast they go on. A browser that is killed takes no words along
// then. Nothing here is said aloud: what did not arrive is in the tab's own copy (kept.js), and is sent again by itself.
const EVERY = 1500, FIRST = 2000, SLOWEST = 15_000, PATIENCE = 20_000, LONGEST = 60_000, AT_THE_END = 60_000;
const AGAIN = new Set([408, 429]);

/** A timer for which the soonest wish counts, so that going on to write puts nothing off. */
export function soonest(work) {
  let timer = 0, at = Infinity;
  function stop() {
    clearTimeout(timer);
    at = Infinity;
  }
  function later(ms) {
    const then = performance.now() + ms;
    if (then >= at) return;
    stop();
    at = then;
    timer = setTimeout(() => { stop(); work(); }, ms);
  }
  return { later, stop };
}

/** Tell the server about words; null where no answer came. */
export function tell(told, limit) {
  const body = JSON.stringify(told);
  const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content };
  // A browser lets go on after the page's end only what is not too long.
  const keepalive = new Blob([body]).size < AT_THE_END;
  return fetch("/typed", { method: "POST", body, headers, keepalive, redirect: "manual", signal: limit ?? AbortSignal.timeout(PATIENCE) }).catch(() => null);
}

/** Keep on the server what `copy` gives, while somebody writes. It gives null once the tab has forgotten it. */
export function keepTyped(copy) {
  let dirty = false, running = null, wait = FIRST, ended = false;
  const { later, stop } = soonest(save);

  async function save() {
    stop();
    const told = dirty && !running && !ended ? copy() : null;
    if (!told || JSON.stringify(told.fields).length > LONGEST) return;
    dirty = false;
    running = new AbortController();
    const slow = setTimeout(() => running?.abort(), PATIENCE);
    const answer = await tell(told, running.signal);
    clearTimeout(slow);
    running = null;
    heard(answer?.status ?? 500);
  }

  function heard(status) {
    if (status >= 500 || AGAIN.has(status)) {
      dirty = true;
      later(wait);
      wait = Math.min(wait * 2, SLOWEST);
      return;
    }
    // Signed out, or in again elsewhere: this page's proof is void, and another try says the same.
    ended = status !== 204 && status !== 422 && status !== 413;
    wait = FIRST;
    if (dirty) later(EVERY);
  }

  const hurry = () => { if (dirty) { wait = FIRST; later(0); } };
  addEventListener("online", hurry);
  addEventListener("pagehide", save);
  document.addEventListener("visibilitychange", () => document.hidden ? save() : hurry());
  return {
    soon: () => { dirty = true; later(EVERY); },
    /** The form itself goes now. Returns whether a save was on its way, which might arrive after it. */
    end: () => {
      const late = Boolean(running);
      stop();
      dirty = false;
      running?.abort();
      return late;
    },
  };
}
