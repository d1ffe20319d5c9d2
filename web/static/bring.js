// Files that are dragged onto the clinic's page or pasted into it: over one of the buttons they are what it says, else
// the page asks what they are. A file that is dropped beside the form must not open in place of what was written.
const form = document.querySelector("[data-upload]:has([data-upload-which])"), which = form.querySelector("[data-upload-which]");
let held;

function chooser(element) {
  const label = element?.closest?.("label[for]");
  const input = label ? document.getElementById(label.htmlFor) : element;
  return input?.type === "file" && form.contains(input) ? input : undefined;
}

function bring(files, input) {
  held = input ? undefined : files;
  which.hidden = !held;
  if (input) {
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  } else {
    form.closest("details")?.setAttribute("open", "");
    form.scrollIntoView({ block: "nearest" });
    form.querySelector("input[type=file]").focus();
  }
}

for (const name of ["dragover", "drop"])
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.dataTransfer.files.length) bring(event.dataTransfer.files, chooser(event.target));
  });

document.addEventListener("paste", (event) => {
  // Cells of a table come as words and as a picture of them: who pastes into a field means the words.
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return;
  event.preventDefault();
  bring(files, chooser(document.activeElement));
});

form.addEventListener("click", (event) => {
  const input = held && chooser(event.target);
  if (!input) return;
  event.preventDefault();
  bring(held, input);
});
