// The items of a template: those whose condition is not met are put away, and come back as soon as it is.
const METS = { "=": (given, wanted) => given.includes(wanted), "!=": (given, wanted) => given.length > 0 && !given.includes(wanted),
  ">": (given, wanted) => given.some((each) => each > wanted), "<": (given, wanted) => given.some((each) => each < wanted),
  ">=": (given, wanted) => given.some((each) => each >= wanted), "<=": (given, wanted) => given.some((each) => each <= wanted),
  exists: (given, wanted) => (given.length > 0) === wanted };

// Whether somebody chose or wrote it.
export const isAnswer = (field) => (["radio", "checkbox"].includes(field.type) ? field.checked : field.value.trim());

function answers(form, link, wanted) {
  // What nobody is shown is not answered, whatever stands in it.
  const fields = [...form.querySelectorAll(`[name="${CSS.escape(link)}"]`)].filter((field) => !field.closest("[data-when][hidden]"));
  const given = fields.filter(isAnswer).map((field) => field.value.trim()).filter(Boolean);
  if (typeof wanted === "boolean" && fields[0]?.type === "radio") return given.map((each) => each === "yes");
  return typeof wanted === "number" ? given.map((each) => Number(each.replace(",", "."))) : given;
}

export function showAsked(form) {
  // An item that goes may take others along, and those of another part may stand before it.
  for (let isNew = true; isNew;) {
    isNew = false;
    for (const item of form.querySelectorAll("[data-when]")) {
      const { all, of } = JSON.parse(item.dataset.when);
      const met = of.map(([link, sign, wanted]) => METS[sign](answers(form, link, wanted), wanted));
      const was = item.hidden;
      item.hidden = !(all ? met.every(Boolean) : met.some(Boolean));
      isNew ||= item.hidden !== was;
      item.querySelector("[data-only-if]").hidden = true;
    }
  }
}

for (const form of document.querySelectorAll("[data-autosave], [data-send-on]")) {
  form.addEventListener("input", () => showAsked(form));
  showAsked(form);
}
