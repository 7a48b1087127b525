// What can become of selected words: a bar of labels, and of what they can be to the line in focus.
import { snap } from "../boundaries.js";
import { act as button, element, shortened } from "./dom.js";

// `shown` is what is said of the line in focus, or null. `run(command, number)` does what a key would.
export function drawSelection(selected, { shown, scheme }, run, keyOf) {
  let bar = document.getElementById("selection");
  if (!selected) {
    bar?.remove();
    return;
  }
  if (!bar) {
    bar = element("div", { id: "selection", class: "at-selection", role: "group", "aria-label": "Label what is selected", onmousedown: (event) => event.preventDefault() });
    document.getElementById("panel").before(bar);
  }
  const labels = scheme.labels.map((label, index) => button(label.name, String(index + 1), () => run("number", index + 1), "at-small"));
  const further = shown ? button("add to it", keyOf("add-segment"), () => run("add-segment"), "at-small at-quiet") : null;
  const relations = shown ? scheme.relations.filter((relation) => relation.heads.includes(shown.label)) : [];
  const links = relations.map((relation) => button(`its ${relation.name}`, keyOf(relation.name), () => run(relation.name), "at-small at-quiet"));
  bar.replaceChildren(element("q", { dir: "auto" }, shortened(selected.surface, 160)), element("div", { class: "at-row" }, labels, further, links));
}

// Makes a selection by mouse what it most likely means; with Alt held it stays as it is.
export function snapSelection({ start, end }, { places, paper }) {
  const snapped = snap(places.text, places.units(start), places.units(end));
  if (!snapped) return;
  const [from, to] = [places.points(snapped.start), places.points(snapped.end)];
  if (from === start && to === end) return;
  const selection = document.getSelection();
  selection.removeAllRanges();
  selection.addRange(paper.range(from, to));
}
