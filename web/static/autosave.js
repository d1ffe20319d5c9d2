// A half-written form that saves itself (saving.js), with the danger signs that somebody else ticked meanwhile, and with
// a mark at what could not be saved.
import { keepSaving, showFaults, watchMarks } from "./saving.js";

const form = document.querySelector("[data-autosave]"), said = document.querySelector("[data-saved]");
const { saveNow } = keepSaving(form, said);

form.addEventListener("autosave:heard", ({ detail }) => {
  showFaults(form, detail.errors ?? {}, said);
  for (const code of detail.signs ?? []) {
    const box = form.querySelector(`[name=red_flags][value="${CSS.escape(code)}"]`);
    if (!box || box.checked) continue;
    box.checked = true;
    const none = form.querySelector("[data-no-signs]");
    if (none) none.checked = false;
  }
});
watchMarks(form);

export { saveNow };
