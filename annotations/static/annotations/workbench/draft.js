// A change in hand: what a line will say once the reviewer commits it. Nothing here is decided yet; it is shown in
// the text, kept over a reload, and becomes one decision.

export class Draft {
  // Of a line that is there, or with `line` null of something that nobody has said yet.
  constructor({ line = null, label, segments, attributes = {}, links = {}, reason = "", why = "" }) {
    Object.assign(this, { line, label, segments: segments.map((pair) => [...pair]), attributes: { ...attributes }, links: { ...links }, reason, why });
  }

  static of(board, line) {
    const shown = board.shown(line);
    return new Draft({ line: line.line, ...shown });
  }

  get start() {
    return this.segments[0][0];
  }

  get end() {
    return this.segments[this.segments.length - 1][1];
  }

  // Moves the first edge. Segments that it passes fall away; it never passes the last edge.
  moveStart(place) {
    if (place >= this.end) return;
    this.segments = this.segments.filter(([, end]) => end > place);
    this.segments[0][0] = place;
  }

  moveEnd(place) {
    if (place <= this.start) return;
    this.segments = this.segments.filter(([start]) => start < place);
    this.segments[this.segments.length - 1][1] = place;
  }

  // Adds a further segment; those that touch or overlap become one.
  addSegment(start, end) {
    const pairs = [...this.segments, [start, end]].sort((one, other) => one[0] - other[0]);
    this.segments = [];
    for (const [from, to] of pairs) {
      const last = this.segments[this.segments.length - 1];
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else this.segments.push([from, to]);
    }
  }

  // Takes away the segment at a place, or the last one; a sole segment stays.
  removeSegment(place = null) {
    if (this.segments.length < 2) return;
    const at = this.segments.findIndex(([start, end]) => place !== null && start <= place && place <= end);
    this.segments.splice(at < 0 ? this.segments.length - 1 : at, 1);
  }

  relabel(label, scheme) {
    this.label = label;
    const known = scheme.labels.find((one) => one.name === label)?.attributes ?? {};
    this.attributes = Object.fromEntries(Object.entries(this.attributes).filter(([name]) => name in known));
    for (const relation of Object.keys(this.links)) {
      if (!scheme.relations.some((one) => one.name === relation && one.heads.includes(label))) delete this.links[relation];
    }
  }

  // Whether it says anything else than what stands.
  differs(board) {
    const line = this.line && board.get(this.line);
    if (!line) return true;
    const shown = board.shown(line);
    return (
      this.label !== shown.label ||
      Object.keys(this.links).length > 0 ||
      JSON.stringify(this.segments) !== JSON.stringify(shown.segments) ||
      JSON.stringify(sorted(this.attributes)) !== JSON.stringify(sorted(shown.attributes))
    );
  }

  // The decision that it comes to; `line` names it on this side only.
  decision(name) {
    const said = { label: this.label, segments: this.segments, attributes: this.attributes, links: this.#wanted() };
    if (this.reason) said.reason = this.reason;
    return this.line ? { verdict: "correct", line: this.line, ...said } : { verdict: "add", line: name, ...said };
  }

  #wanted() {
    return Object.fromEntries(Object.entries(this.links).map(([relation, links]) => [relation, links.map((link) => (link.annotation ? { annotation: link.annotation } : { segments: link.segments }))]));
  }
}

function sorted(attributes) {
  return Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1));
}
