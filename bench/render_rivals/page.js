// What the pages of all rivals share: the labels, where they are in the page, and a key that decides on the next one.

export const spans = JSON.parse(document.getElementById("spans").textContent);

// The words of a span as a range of the page.
export function rangeOf(root, { start, end }) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const block = blocks.findLast((one) => one.start <= start);
  walker.currentNode = block.element;
  const points = [];
  let before = block.start;
  while (points.length < 2 && walker.nextNode()) {
    const node = walker.currentNode;
    if (!points.length && start < before + node.length) points.push([node, start - before]);
    if (points.length && end <= before + node.length) points.push([node, end - before]);
    before += node.length;
  }
  const range = document.createRange();
  range.setStart(...points[0]);
  range.setEnd(...points[1]);
  return range;
}

const blocks = [];
for (const element of document.querySelectorAll("#text > p")) {
  const last = blocks.at(-1);
  blocks.push({ element, start: last ? last.end : 0, end: (last ? last.end : 0) + element.textContent.length });
}

// Calls `decide` with the label that is accepted and the one that has the focus next, at each press of "a";
// `isDrawn(label)` tells whether it is drawn as accepted by now.
export function decideByKey(decide, isDrawn) {
  let at = 0;
  window.isDecided = () => isDrawn(spans[at - 1]);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "a") return;
    decide(spans[at], spans[at + 1], at);
    at += 1;
  });
}
