// Another line for a step of an answer, where its form has room for more.
const steps = document.querySelector("[data-steps]");
if (steps) offerMore(steps);

function offerMore(form) {
  const more = form.querySelector("[data-more]");
  more.hidden = false;
  more.addEventListener("click", () => {
    const steps = form.querySelectorAll("[data-step]");
    const row = steps[steps.length - 1].cloneNode(true), number = steps.length + 1;
    row.querySelectorAll("[id]").forEach((part) => { const name = part.id.replace(/\d+/, number); row.querySelector(`label[for=${part.id}]`).htmlFor = name; part.id = name; });
    row.querySelectorAll("label").forEach((label) => { label.textContent = label.textContent.replace(/\d+/, number); });
    row.querySelectorAll("input").forEach((field) => { field.value = ""; });
    more.before(row);
    row.querySelector("input").focus();
  });
}
