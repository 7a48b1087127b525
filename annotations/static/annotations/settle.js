// Writing a disputed thing anew by selecting it in the text. All acts are plain forms.
import { showFieldsOf, takeSelection } from "./fields.js";
import { selectedSpan } from "./offsets.js";

const text = document.getElementById("text");
const form = document.getElementById("settle");
let selected = null;

document.addEventListener("selectionchange", () => {
  const span = selectedSpan(text);
  // A click into a field drops the selection that it is about.
  if (span !== null || text.contains(document.getSelection().anchorNode)) selected = span;
});

// A press on a button would drop the selection that it is about.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-take], [data-append]")) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take], [data-append]");
  if (button) takeSelection(button, selected);
});

document.addEventListener("change", (event) => {
  if (event.target.name === "label") showFieldsOf(form);
});

const disputed = text.querySelector("mark");
if (disputed) text.scrollTop = disputed.offsetTop - text.offsetTop - text.clientHeight / 3;

if (form) {
  for (const button of document.querySelectorAll("[data-take], [data-append]")) button.hidden = false;
  showFieldsOf(form);
}
