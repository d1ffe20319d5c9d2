// The family's questions: what an answer opens comes and goes with it. autosave.js saves them.
import { showAsked } from "./asked.js";
import "./autosave.js";

const form = document.querySelector("[data-autosave]");
form.addEventListener("input", () => showAsked(form));
showAsked(form);
