// Recogito's text annotator: boxes over the text ("SPANS"), or the browser's own highlights ("CSS_HIGHLIGHTS"). It is
// given the ranges, which it would otherwise look for by itself, and more slowly.
import { createTextAnnotator } from "@recogito/text-annotator";
import "@recogito/text-annotator/text-annotator.css";
import { decideByKey, rangeOf, spans } from "./page.js";

const COLOURS = { quote: "#2563eb", claim: "#b45309", attribution: "#15803d", cue: "#7c3aed", accepted: "#0f766e" };
const renderer = document.documentElement.dataset.renderer;
const root = document.getElementById("text");
const annotator = createTextAnnotator(root, {
  renderer,
  style: (annotation, state) => ({ fill: COLOURS[annotation.bodies[0].value], fillOpacity: state?.selected ? 0.6 : 0.25 }),
});
const text = root.textContent;

function bodiesOf(id, value) {
  return [{ id: `${id}-body`, annotation: id, purpose: "tagging", value }];
}

const annotations = spans.map((span) => ({
  id: span.id,
  bodies: bodiesOf(span.id, span.label),
  target: {
    annotation: span.id,
    selector: [{ quote: text.slice(span.start, span.end), start: span.start, end: span.end, range: rangeOf(root, span) }],
  },
}));
annotator.setAnnotations(annotations);
decideByKey((span, next, at) => {
  annotator.updateAnnotation({ ...annotations[at], bodies: bodiesOf(span.id, "accepted") });
  annotator.setSelected(next.id);
  annotator.scrollIntoView(next.id);
}, ({ id }) => {
  if (renderer === "SPANS") return document.querySelector(`[data-annotation="${id}"]`)?.style.backgroundColor.startsWith("rgba(15, 118, 110");
  return [...document.querySelectorAll("style")].some((sheet) => sheet.textContent.includes(`(_${id}) { background-color:#0f766e`));
});
window.labels = () => {
  if (renderer === "SPANS") return [...document.querySelectorAll(".r6o-annotation")].map((box) => [box.dataset.annotation, box]);
  return [...CSS.highlights].map(([name, [range]]) => [name, range]);
};
