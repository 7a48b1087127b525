// Offsets of a text between JavaScript's UTF-16 units and code points, which everything outside this module counts.

const HIGH_FIRST = 0xd800;
const HIGH_LAST = 0xdbff;

// How many code points the first `units` UTF-16 units of a text are. Throws inside a surrogate pair.
export function toCodePoints(text, units) {
  if (!Number.isInteger(units) || units < 0 || units > text.length) {
    throw new RangeError(`${units} is out of the text, which has ${text.length} units`);
  }
  let places = 0;
  let unit = 0;
  while (unit < units) {
    unit += width(text, unit);
    places += 1;
  }
  if (unit > units) throw new RangeError(`${units} is inside a character`);
  return places;
}

// How many UTF-16 units the first `places` code points of a text are.
export function toUnits(text, places) {
  let unit = 0;
  for (let place = 0; place < places; place += 1) {
    if (unit >= text.length) throw new RangeError(`${places} is out of the text`);
    unit += width(text, unit);
  }
  return unit;
}

function width(text, unit) {
  const code = text.charCodeAt(unit);
  if (code < HIGH_FIRST || code > HIGH_LAST || unit + 1 >= text.length) return 1;
  const low = text.charCodeAt(unit + 1);
  return low >= 0xdc00 && low <= 0xdfff ? 2 : 1;
}

// The place in the article of a point of the page, in code points. `root` holds the text; its parts tell where they
// start by data-start, so only the part around the point is counted.
export function placeOf(root, node, offset) {
  let part = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  if (!root.contains(part)) return null;
  part = part.closest("[data-start]");
  if (part === null || !root.contains(part)) return placeBetweenParts(root, node, offset);
  const before = document.createRange();
  before.setStart(part, 0);
  before.setEnd(node, offset);
  const text = before.toString();
  return Number(part.dataset.start) + toCodePoints(text, text.length);
}

// A point between two parts, such as the end of a paragraph that was selected as a whole, is the start of the next.
function placeBetweenParts(root, node, offset) {
  const parts = [...root.querySelectorAll("[data-start]")];
  const point = document.createRange();
  point.setStart(node, offset);
  const next = parts.find((part) => point.comparePoint(part, 0) >= 0);
  if (next) return Number(next.dataset.start);
  const last = parts[parts.length - 1];
  return last ? Number(last.dataset.start) + toCodePoints(last.textContent, last.textContent.length) : 0;
}

// What is selected of the article, as {start, end, surface} without white space at its edges, or null.
export function selectedSpan(root, selection = document.getSelection()) {
  if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
  const range = selection.getRangeAt(0);
  const start = placeOf(root, range.startContainer, range.startOffset);
  const end = placeOf(root, range.endContainer, range.endOffset);
  if (start === null || end === null || start >= end) return null;
  const characters = [...range.toString()];
  if (characters.length !== end - start) return null;
  const first = characters.findIndex((character) => /\S/u.test(character));
  if (first < 0) return null;
  const last = characters.length - [...characters].reverse().findIndex((character) => /\S/u.test(character));
  return { start: start + first, end: start + last, surface: characters.slice(first, last).join("") };
}
