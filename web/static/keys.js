// Single-key shortcuts that a person can switch off (kept in this browser). One key does one thing.
const STORE = "econsult-keys";

/** Whether the person wants single keys. */
export const on = () => localStorage.getItem(STORE) !== "off";

/** Call `actions[key]` when a key is pressed outside of text fields and without a modifier. */
export function listen(actions) {
  addEventListener("keydown", (event) => {
    const writes = event.target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    if (!on() || writes || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action && action(event) !== false) event.preventDefault();
  });
}

/** Wire the switch of the page, and show or hide the drawn keys with it. */
export function offerSwitch() {
  const box = document.querySelector("[data-keyswitch]");
  const show = () => document.documentElement.classList.toggle("nokeys", !on());
  document.querySelectorAll("[data-keycard], [data-keys]").forEach((part) => { part.hidden = false; });
  show();
  if (!box) return;
  box.checked = on();
  box.addEventListener("change", () => { localStorage.setItem(STORE, box.checked ? "on" : "off"); show(); });
}
