// Sentences that are written again and again: "/name" and Tab bring one, Tab leads to what is open in it.
const BOXES = "textarea";
const form = document.querySelector("[data-answer], form.correct"), list = document.querySelector("[data-snippets]");
if (form && list) offer();

// Selects the next place that is open; the caret stays where there is none.
function fill(box, from) {
  const start = box.value.indexOf("\u27e8", from), end = box.value.indexOf("\u27e9", start);
  if (start < 0 || end < 0) return false;
  box.setSelectionRange(start, end + 1);
  return true;
}

function put(box, start, text) {
  box.setRangeText(text, start, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  fill(box, start);
}

function offer() {
  const words = new Map([...list.querySelectorAll("[data-snippet]")].map((line) => [line.dataset.snippet, line.querySelector("[data-words]").textContent]));
  // Its first letters do where no other begins so; two of them may be a unit ("2 /d").
  const meantBy = (written) => {
    const begun = [...words.keys()].filter((name) => name.startsWith(written));
    return words.has(written) ? written : written?.length > 2 && begun.length === 1 ? begun[0] : null;
  };
  let last = null;
  form.addEventListener("focusin", ({ target }) => { if (target.matches(BOXES)) last = target; });
  form.addEventListener("keydown", (event) => {
    const box = event.target;
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || !box.matches(BOXES)) return;
    const written = /(?:^|\s)\/([a-z0-9-]+)$/.exec(box.value.slice(0, box.selectionStart))?.[1], name = meantBy(written);
    if (name) put(box, box.selectionStart - written.length - 1, words.get(name));
    else if (!fill(box, box.selectionEnd)) return;
    event.preventDefault();
  });

  // From the list it goes where one was writing, or else to the field that it is meant for.
  const meant = (field) => field === "step" ? [...form.querySelectorAll("[name=rec_text]")].find((box) => !box.value) : form.querySelector(`#${field}`);
  for (const button of list.querySelectorAll("[data-put]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const box = last ?? meant(button.dataset.put) ?? form.querySelector("#impression");
      // What takes less room is folded until somebody writes in it.
      box.closest("details")?.setAttribute("open", "");
      box.focus();
      const start = box.selectionStart;
      put(box, start, (start && !/\s$/.test(box.value.slice(0, start)) ? " " : "") + words.get(button.closest("[data-snippet]").dataset.snippet));
    });
  }
}
