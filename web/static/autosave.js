// A half-written form that saves itself (saving.js), with the danger signs that somebody else ticked meanwhile.
import { keepSaving } from "./saving.js";

const form = document.querySelector("[data-autosave]");
const { saveNow } = keepSaving(form, document.querySelector("[data-saved]"));

function tickSigns({ detail }) {
  for (const code of detail.signs ?? []) {
    const box = form.querySelector(`[name=red_flags][value="${CSS.escape(code)}"]`);
    if (!box || box.checked) continue;
    box.checked = true;
    const none = form.querySelector("[data-no-signs]");
    if (none) none.checked = false;
  }
}
form.addEventListener("autosave:done", tickSigns);
form.addEventListener("autosave:refused", tickSigns);

export { saveNow };
