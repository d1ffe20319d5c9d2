// Beside the upload widget of the clinic's pages: says how its files stand, shows them, and lets nobody leave unasked
// while one is on its way. It only reads the cards (docs/uploads-client.md).
const ARRIVED = new Set(["sent", "processing", "ready", "held"]), USELESS = new Set(["rejected", "failed"]), STUCK = new Set(["problem", "lost"]);
const lists = [...document.querySelectorAll("[data-upload-list]")];
let isLetGo = false;

/** The cards of the page: `there` has arrived, `going` gets there by itself, `stuck` does not. */
export function standing() {
  const found = { there: [], going: [], stuck: [] };
  for (const card of lists.flatMap((list) => [...list.children])) {
    const { state } = card.dataset;
    if (USELESS.has(state)) continue;
    found[ARRIVED.has(state) ? "there" : STUCK.has(state) ? "stuck" : "going"].push(card);
  }
  return found;
}

/** Call `action` whenever a card comes, goes or changes. */
export function watch(action) {
  const observer = new MutationObserver(action);
  for (const list of lists) observer.observe(list, { subtree: true, childList: true, attributeFilter: ["data-state", "value"] });
}

/** Whether the page may be left without a question: somebody has been asked already. */
export function letGo(may) {
  isLetGo = may;
}

function open() {
  for (const list of lists) if (list.children.length) list.closest("[data-adding]")?.setAttribute("open", "");
}

// The style sheet knows by this mark what was chosen where no script runs; it must not be read aloud as "required".
for (const list of lists) list.closest("form").querySelectorAll("input[type=file]").forEach((input) => { input.required = false; });
watch(open);
open();
addEventListener("beforeunload", (event) => { if (!isLetGo && standing().going.length) event.preventDefault(); });
