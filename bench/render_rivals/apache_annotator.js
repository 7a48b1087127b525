// Apache Annotator draws a label as <mark> elements around text nodes; it keeps no list of them, so a changed one is
// taken away and drawn anew.
import { highlightText } from "@apache-annotator/dom";
import { decideByKey, rangeOf, spans } from "./page.js";

const root = document.getElementById("text");
const removers = new Map();

function draw(span, kind) {
  removers.get(span.id)?.();
  removers.set(span.id, highlightText(rangeOf(root, span), "mark", { class: kind, "data-id": span.id }));
}

for (const span of spans) draw(span, span.label);
decideByKey((span, next) => {
  draw(span, "accepted");
  draw(next, "here");
  root.querySelector(`[data-id="${next.id}"]`).scrollIntoView({ block: "nearest" });
}, ({ id }) => root.querySelector(`.accepted[data-id="${id}"]`));
window.labels = () => [...root.querySelectorAll("mark")].map((mark) => [mark.dataset.id, mark]);
