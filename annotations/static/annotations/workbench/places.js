// The article's text on both sides of the wire: code points as everything outside counts them, UTF-16 units as the
// browser does.
import { toCodePoints, toUnits } from "../offsets.js";

export class Places {
  // `blocks` are [start, end, kind] in code points.
  constructor(text, length, blocks) {
    this.text = text;
    this.length = length;
    this.plain = text.length === length;
    this.blocks = blocks.map(([start, end]) => ({ start: this.units(start), end: this.units(end) }));
  }

  units(place) {
    return this.plain ? place : toUnits(this.text, place);
  }

  points(unit) {
    return this.plain ? unit : toCodePoints(this.text, unit);
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
