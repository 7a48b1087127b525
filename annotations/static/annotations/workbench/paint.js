// Draws the labels into the text. The text's own nodes are never anything but the text: a label is a <mark> around
// words, once for each label that covers them, the longest outermost; so overlap and nesting hide nothing. A block is
// drawn when it comes near the window, and alone is drawn again when something in it changes.
import { toUnits } from "../offsets.js";

const NEAR = "1200px";

export class Paper {
  // `blocks` are [start, end, kind] in code points; `marksOf(line)` gives {label, segments, state, tag} or null.
  constructor(root, blocks, marksOf) {
    this.root = root;
    this.marksOf = marksOf;
    const elements = new Map([...root.querySelectorAll(".block")].map((element) => [Number(element.dataset.start), element]));
    this.blocks = blocks.map(([start, end, kind], number) => {
      const element = elements.get(start);
      element.dataset.block = number;
      const text = element.textContent;
      return { start, end, kind, element, text, plain: text.length === end - start, name: nameIn(element), lines: new Set(), drawn: false };
    });
    this.#where = new Map();
    this.emphasis = new Map();
    this.watcher = new IntersectionObserver((entries) => this.#near(entries), { rootMargin: NEAR });
    for (const block of this.blocks) this.watcher.observe(block.element);
  }

  #where;
  #looks = new Map();

  // Places lines anew, and draws the blocks again that they leave or come into.
  update(lines) {
    const touched = new Set();
    for (const line of lines) {
      const looks = JSON.stringify(this.marksOf(line));
      if (looks === this.#looks.get(line)) continue;
      this.#looks.set(line, looks);
      for (const block of this.#where.get(line) ?? []) {
        block.lines.delete(line);
        touched.add(block);
      }
      const marks = this.marksOf(line);
      const blocks = marks ? this.#blocksOf(marks.segments) : [];
      for (const block of blocks) {
        block.lines.add(line);
        touched.add(block);
      }
      this.#where.set(line, blocks);
    }
    for (const block of touched) if (block.drawn) this.#draw(block);
  }

  // Draws what is in the window at once, in the very frame in which the page is first painted.
  drawSeen() {
    const seen = this.blocks.filter((block) => {
      const { top, bottom } = block.element.getBoundingClientRect();
      return bottom > 0 && top < window.innerHeight;
    });
    for (const block of seen) if (!block.drawn) this.#draw(block);
  }

  // Marks which lines are looked at: a class for each.
  emphasise(emphasis) {
    const before = this.emphasis;
    this.emphasis = emphasis;
    for (const line of new Set([...before.keys(), ...emphasis.keys()])) {
      if (before.get(line) === emphasis.get(line)) continue;
      for (const mark of this.elementsOf(line)) {
        mark.classList.remove("here", "linked");
        if (emphasis.has(line)) mark.classList.add(emphasis.get(line));
      }
    }
  }

  elementsOf(line) {
    const found = [];
    for (const block of this.#where.get(line) ?? []) {
      if (!block.drawn) this.#draw(block);
      found.push(...block.element.querySelectorAll(`mark[data-row="${line}"]`));
    }
    return found;
  }

  // The block that holds a place of the text, or the last one before it.
  blockAt(place) {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.blocks[middle].start <= place) low = middle;
      else high = middle - 1;
    }
    return this.blocks[low];
  }

  linesIn(block) {
    return block.lines;
  }

  // The words between two places as a range of the page, for scrolling to and for selecting.
  range(start, end) {
    const range = document.createRange();
    range.setStart(...this.#point(start, false));
    range.setEnd(...this.#point(end, true));
    return range;
  }

  #point(place, atEnd) {
    let block = this.blockAt(place);
    if (atEnd && place === block.start && block !== this.blocks[0]) block = this.blocks[this.blocks.indexOf(block) - 1];
    return pointIn(block.element, this.#unit(block, Math.min(place, block.end)), atEnd);
  }

  #near(entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      const block = this.blocks[Number(entry.target.dataset.block)];
      if (!block.drawn) this.#draw(block);
      this.watcher.unobserve(entry.target);
    }
  }

  #blocksOf(segments) {
    const found = [];
    for (const [start, end] of segments) {
      let number = this.blocks.indexOf(this.blockAt(start));
      for (; number < this.blocks.length && this.blocks[number].start < end; number += 1) {
        const block = this.blocks[number];
        if (block.end > start && !found.includes(block)) found.push(block);
      }
    }
    return found;
  }

  #unit(block, place) {
    return block.plain ? place - block.start : toUnits(block.text, place - block.start);
  }

  #draw(block) {
    block.drawn = true;
    const pieces = this.#piecesIn(block);
    const edges = new Set([block.start, block.end]);
    for (const piece of pieces) edges.add(piece.start).add(piece.end);
    if (block.name) for (const edge of block.name) edges.add(edge);
    const ordered = [...edges].sort((one, other) => one - other);
    pieces.sort((one, other) => one.start - other.start);
    const content = document.createDocumentFragment();
    let active = [];
    let following = 0;
    for (let index = 0; index + 1 < ordered.length; index += 1) {
      const [start, end] = [ordered[index], ordered[index + 1]];
      active = active.filter((piece) => piece.end > start);
      while (following < pieces.length && pieces[following].start <= start) active.push(pieces[following++]);
      let node = document.createTextNode(block.text.slice(this.#unit(block, start), this.#unit(block, end)));
      if (block.name && block.name[0] <= start && start < block.name[1]) node = wrapped(node, "b", "speaker");
      // The shortest goes in first, so that it ends up innermost.
      for (const piece of [...active].sort((one, other) => one.length - other.length)) node = this.#marked(node, piece, { opens: piece.opens && piece.start === start, closes: piece.closes && piece.end === end });
      content.append(node);
    }
    const selected = selectionIn(block.element);
    block.element.replaceChildren(content);
    if (selected) this.#select(block, selected);
  }

  // Drawing makes the text's nodes anew; what is selected in them stays selected.
  #select(block, { anchor, focus }) {
    const selection = document.getSelection();
    const [from, to] = [anchor ?? [selection.anchorNode, selection.anchorOffset], focus ?? [selection.focusNode, selection.focusOffset]];
    const place = (end) => (typeof end === "number" ? pointIn(block.element, end) : end);
    selection.setBaseAndExtent(...place(from), ...place(to));
  }

  #marked(node, piece, { opens, closes }) {
    const names = [`label-${piece.label}`, piece.state, opens && "opens", closes && "closes", this.emphasis.get(piece.line)];
    const mark = wrapped(node, "mark", names.filter(Boolean).join(" "));
    mark.dataset.row = piece.line;
    if (opens) mark.dataset.tag = piece.first ? piece.tag : `… ${piece.label}`;
    return mark;
  }

  #piecesIn(block) {
    const pieces = [];
    for (const line of block.lines) {
      const marks = this.marksOf(line);
      if (!marks) continue;
      const length = marks.segments.reduce((sum, [start, end]) => sum + end - start, 0);
      marks.segments.forEach(([start, end], order) => {
        const clipped = { start: Math.max(start, block.start), end: Math.min(end, block.end) };
        if (clipped.start < clipped.end) {
          pieces.push({ line, label: marks.label, state: marks.state, tag: marks.tag, length, first: order === 0, opens: clipped.start === start, closes: clipped.end === end, ...clipped });
        }
      });
    }
    return pieces;
  }
}

// How a line is drawn by what the board knows of it; what was rejected is not, unless it is asked for.
export function marksOn(board, name, { dropped = false } = {}) {
  const line = board.get(name);
  if (!line) return null;
  const state = board.stateOf(line);
  const shown = board.shown(line);
  if (!shown || (state === "dropped" && !dropped)) return null;
  return { label: shown.label, segments: shown.segments, state, tag: shown.label };
}

function nameIn(element) {
  // A label that ends within the name cuts it in pieces.
  const pieces = [...element.querySelectorAll(".speaker")];
  if (!pieces.length) return null;
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEndBefore(pieces[0]);
  const start = Number(element.dataset.start) + [...before.toString()].length;
  return [start, start + pieces.reduce((sum, piece) => sum + [...piece.textContent].length, 0)];
}

// Where the ends of the selection are in an element, in units of its text; null for an end that is elsewhere.
function selectionIn(element) {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed) return null;
  const [anchor, focus] = [unitIn(element, selection.anchorNode, selection.anchorOffset), unitIn(element, selection.focusNode, selection.focusOffset)];
  return anchor === null && focus === null ? null : { anchor, focus };
}

function unitIn(element, node, offset) {
  if (!element.contains(node)) return null;
  const before = document.createRange();
  before.setStart(element, 0);
  before.setEnd(node, offset);
  return before.toString().length;
}

function pointIn(element, unit, atEnd = true) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const last = lastText(element);
  let left = unit;
  let node = walker.nextNode();
  while (node && (left > node.length || (left === node.length && !atEnd && node !== last))) {
    left -= node.length;
    node = walker.nextNode();
  }
  return node ? [node, left] : [element, 0];
}

function lastText(element) {
  let node = element;
  while (node.lastChild) node = node.lastChild;
  return node;
}

function wrapped(node, tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  element.append(node);
  return element;
}
