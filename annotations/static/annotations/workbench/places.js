// The article's text on both sides of the wire: code points as everything outside counts them, UTF-16 units as the
// browser does.
import { toCodePoints, toUnits } from "../offsets.js";

// Places are counted from the nearest of these before, not from the start of the text.
const STRIDE = 1_024;

export class Places {
  // `blocks` are [start, end, kind] in code points.
  constructor(text, length, blocks) {
    this.text = text;
    this.length = length;
    this.plain = text.length === length;
    this.known = this.plain ? [] : everyStride(text, length);
    this.blocks = blocks.map(([start, end]) => ({ start: this.units(start), end: this.units(end) }));
  }

  units(place) {
    if (this.plain) return place;
    if (place < 0 || place > this.length) throw new RangeError(`${place} is out of the text`);
    const known = Math.floor(place / STRIDE);
    const from = this.known[known];
    return from + toUnits(this.text.slice(from, from + 2 * STRIDE), place - known * STRIDE);
  }

  points(unit) {
    if (this.plain) return unit;
    const known = Math.max(this.known.findLastIndex((from) => from <= unit), 0);
    const from = this.known[known];
    return known * STRIDE + toCodePoints(this.text.slice(from, from + 2 * STRIDE), unit - from);
  }

  spanUnits(segments) {
    return segments.map(([start, end]) => [this.units(start), this.units(end)]);
  }

  spanPoints(segments) {
    return segments.map(([start, end]) => [this.points(start), this.points(end)]);
  }

  words(segments) {
    return segments.map(([start, end]) => this.text.slice(this.units(start), this.units(end))).join(" … ");
  }
}

// The units of each place that is a multiple of the stride.
function everyStride(text, length) {
  const known = [0];
  for (let place = STRIDE; place <= length; place += STRIDE) {
    const from = known[known.length - 1];
    known.push(from + toUnits(text.slice(from, from + 2 * STRIDE), STRIDE));
  }
  return known;
}
