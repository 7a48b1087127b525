// mark.js draws ranges in one go and passes over those that overlap one before; it cannot draw a single one anew.
import Mark from "mark.js/dist/mark.es6.js";
import { decideByKey, spans } from "./page.js";

const root = document.getElementById("text");
const marker = new Mark(root);
const chosen = new Map();

function draw() {
  const ranges = spans.map(({ id, start, end, label }) => ({ start, length: end - start, id, label: chosen.get(id) ?? label }));
  marker.markRanges(ranges, {
    each: (mark, { id, label }) => {
      mark.dataset.id = id;
      mark.className = label;
    },
  });
}

draw();
decideByKey((span, next) => {
  chosen.set(span.id, "accepted").set(next.id, "here");
  marker.unmark({ done: draw });
  root.querySelector(`[data-id="${next.id}"]`)?.scrollIntoView({ block: "nearest" });
}, () => true);
window.labels = () => [...root.querySelectorAll("mark")].map((mark) => [mark.dataset.id, mark]);
