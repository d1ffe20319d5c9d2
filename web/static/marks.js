// What is wrong is marked at its field. The mark goes away once the field is filled: it would not be true any more.

/** Watch the fields of `form` that were marked. */
export function watchMarks(form) {
  form.addEventListener("input", ({ target }) => {
    const field = target.closest(".bad");
    if (!field || !(["radio", "checkbox"].includes(target.type) ? target.checked : target.value.trim())) return;
    const lines = [...field.querySelectorAll(".err")], own = lines.filter((line) => nameOf(line) === target.id);
    // Of a table each cell has its own line.
    (own[0] ? own : lines).forEach(forget);
  });
}

/** Mark what a save could not take: each field by its name, with the sentence. The one that `said` says leads there. */
export function showFaults(form, faults, said) {
  for (const line of form.querySelectorAll("[data-fault]")) if (!(nameOf(line) in faults)) forget(line);
  for (const [name, words] of Object.entries(faults).reverse()) {
    const part = document.getElementById(name), field = part?.closest(".field"), id = `${name}-error`;
    if (!field) continue;
    if (said.textContent === words) lead(said, name);
    const line = document.getElementById(id) ?? Object.assign(document.createElement("span"), { className: "err", id });
    field.querySelector("label, legend").after(line);
    line.textContent = words;
    line.dataset.fault = "";
    field.classList.add("bad");
    if (part !== field) part.setAttribute("aria-invalid", "true");
    const told = part.getAttribute("aria-describedby") ?? id;
    part.setAttribute("aria-describedby", told.includes(id) ? told : `${told} ${id}`);
  }
}

const nameOf = (line) => line.id.replace("-error", "");

// To a field that is folded away too.
function lead(said, name) {
  const link = Object.assign(document.createElement("a"), { href: `#${name}`, textContent: said.textContent });
  link.onclick = () => { for (let box; box = document.getElementById(name).closest("details:not([open])");) box.open = true; };
  said.replaceChildren(link);
}

function forget(line) {
  const field = line.closest(".bad");
  document.querySelector(`#problem a[href="#${nameOf(line)}"]`)?.parentElement.remove();
  document.getElementById(nameOf(line))?.removeAttribute("aria-invalid");
  line.remove();
  if (field) field.classList.toggle("bad", field.querySelector(".err"));
  const box = document.querySelector("#problem");
  if (box && !box.querySelector("li")) box.remove();
}
