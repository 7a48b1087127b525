// The mouse in the text: a click on a label goes there, an edge of the label in focus can be dragged.
import { placeOf } from "../offsets.js";

const REACH = 7;

// `paper` draws, `focused()` gives the name in focus or null, `edge(side, place, exact)` moves an edge of it.
export function listenToPointer(root, { focused, elementsOf, clicked, edge, dropped }) {
  let dragging = null;

  root.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || focused() === null) return;
    dragging = edgeAt(elementsOf(focused()), event);
    if (!dragging) return;
    event.preventDefault();
    root.setPointerCapture(event.pointerId);
    document.getSelection().removeAllRanges();
  });

  root.addEventListener("pointermove", (event) => {
    if (dragging) {
      const place = placeAt(root, event);
      if (place !== null) edge(dragging, place, event.altKey);
    } else {
      root.classList.toggle("wb-at-edge", focused() !== null && edgeAt(elementsOf(focused()), event) !== null);
    }
  });

  root.addEventListener("pointerup", () => {
    if (!dragging) return;
    dragging = null;
    dropped();
  });

  root.addEventListener("click", (event) => {
    if (!document.getSelection().isCollapsed) return;
    const mark = event.target.closest("mark");
    clicked(mark?.dataset.row ?? null, placeAt(root, event));
  });
}

// Which edge of a label the pointer is on: "start", "end" or null.
function edgeAt(marks, event) {
  if (!marks.length) return null;
  const first = marks[0].getClientRects()[0];
  const rects = marks[marks.length - 1].getClientRects();
  const last = rects[rects.length - 1];
  const on = (rect, x) => rect && event.clientY >= rect.top && event.clientY <= rect.bottom && Math.abs(event.clientX - x) <= REACH;
  if (on(last, last?.right)) return "end";
  return on(first, first?.left) ? "start" : null;
}

function placeAt(root, event) {
  let node = null;
  let offset = 0;
  if (document.caretPositionFromPoint) {
    const caret = document.caretPositionFromPoint(event.clientX, event.clientY);
    if (caret) [node, offset] = [caret.offsetNode, caret.offset];
  } else {
    const range = document.caretRangeFromPoint(event.clientX, event.clientY);
    if (range) [node, offset] = [range.startContainer, range.startOffset];
  }
  if (!node || node.nodeType !== Node.TEXT_NODE || !root.contains(node)) return null;
  return placeOf(root, node, offset);
}
