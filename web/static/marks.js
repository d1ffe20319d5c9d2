// An error mark goes away once its field is filled: it would say something that is no longer true.

/** Watch the fields of `form` that a refused form marked. */
export function watchMarks(form) {
  form.addEventListener("input", (event) => {
    const field = event.target.closest(".bad");
    if (!field || !isFilled(event.target)) return;
    const line = field.querySelector(".err");
    field.classList.remove("bad");
    field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
    if (line) forget(line);
  });
}

const isFilled = (part) => part.type === "radio" || part.type === "checkbox" ? part.checked : Boolean(part.value.trim());

function forget(line) {
  document.querySelector(`#problem a[href="#${line.id.replace("-error", "")}"]`)?.parentElement.remove();
  line.remove();
  const box = document.querySelector("#problem");
  if (box && !box.querySelector("li")) box.remove();
}
