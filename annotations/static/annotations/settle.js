// Settling a dispute: by keys, by buttons, by selecting words in the text. All acts are plain forms.
import { showFieldsOf, takeSelection } from "./fields.js";
import { commandOf } from "./keys.js";
import { selectedSpan } from "./offsets.js";
import { Draft, SETTLING, turned } from "./settling.js";
import { element } from "./workbench/dom.js";
import { Help } from "./workbench/help.js";
import { KeyTable } from "./workbench/keytable.js";
import { openStore } from "./workbench/store.js";

const keys = new KeyTable(openStore(), { commands: SETTLING, stored: "attest.keys.settling" });
const help = new Help(document.getElementById("help"), keys, showKeys);
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

// Beside each button the key that presses it.
function showKeys() {
  for (const target of document.querySelectorAll("[data-does]")) {
    target.querySelector("kbd")?.remove();
    const key = target.dataset.number ?? keys.of(target.dataset.does);
    if (key && target.matches("button, a")) target.append(" ", element("kbd", {}, key));
  }
}

function tell(words) {
  document.getElementById("live").textContent = words;
}

const SPECIAL = {
  help: () => help.open(),
  reason: () => turnReason(1),
  "reason-back": () => turnReason(-1),
  label: () => {
    const labels = [...(form?.elements.label ?? [])];
    const next = labels[(labels.findIndex((one) => one.checked) + 1) % labels.length];
    next?.click();
    if (next) tell(`Label: ${next.value}`);
  },
};

function turnReason(by) {
  if (form) tell(`Reason: ${turned(form.elements.reason, by)}`);
}

function run({ name, number }) {
  if (SPECIAL[name]) {
    SPECIAL[name]();
    return;
  }
  const numbered = number === null ? "" : `[data-number="${number}"]`;
  const target = document.querySelector(`[data-does="${name}"]${numbered}`);
  if (!target) tell("Nothing to do so here.");
  else if (target.matches("input")) target.focus();
  else target.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || help.dialog.open) return;
  const typing = event.target.closest("input, textarea, select");
  if (typing && event.key === "Escape") typing.blur();
  if (typing || (event.target.closest("button, a, summary") && ["Enter", " "].includes(event.key))) return;
  const found = commandOf(event, keys.table);
  if (!found) return;
  event.preventDefault();
  run(found);
});

const place = `attest.settling/${text.dataset.dispute}`;
if (form) {
  const draft = new Draft(place, form);
  for (const button of document.querySelectorAll("[data-take], [data-append]")) button.hidden = false;
  // What the server refused is filled in already.
  if (!document.querySelector(".at-conflict") && draft.restore()) tell("What you had begun here is filled in again.");
  for (const type of ["input", "change", "click"]) document.addEventListener(type, () => draft.keep());
  showFieldsOf(form);
} else Draft.drop(place);
showKeys();
