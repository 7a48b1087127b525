// What a reviewer has before them, as data: the lines of a text, and what each act makes of them. It knows neither
// the page nor the network. Offsets are code points.
//
// A line is all that is said of one stretch under one root: what a machine said (`said`), what the reviewer keeps
// (`kept`), and the verdict that counts. `apply` shows at once what an act will come to; the receipt then brings the
// versions, and where the server knows more than can be told here, `renew` brings its state whole.

const KEEPING = new Set(["accept", "correct", "add"]);

export class Board {
  constructor(state) {
    this.renew(state);
  }

  renew(state) {
    this.scheme = state.scheme;
    this.rejectReasons = state.reject_reasons;
    this.absences = state.absences;
    this.submittedAt = state.submitted_at;
    this.suggestionsShown = state.suggestions_shown;
    this.lines = new Map(state.lines.map((line) => [line.line, line]));
    this.#arrange();
  }

  // --- reading ------------------------------------------------------------------------------------------------

  // By its name, or by the one that it had before the server gave it one.
  get(line) {
    return this.lines.get(line) ?? this.lines.get(this.#renamed.get(line));
  }

  shown(line) {
    return line.kept ?? line.said;
  }

  // How a line stands: suggested, skipped, kept or dropped.
  stateOf(line) {
    if (KEEPING.has(line.verdict)) return "kept";
    return { reject: "dropped", skip: "skipped" }[line.verdict] ?? "suggested";
  }

  isSuggested(line) {
    return line.said !== null;
  }

  isDecided(line) {
    return line.verdict !== "";
  }

  // The lines that lead a card: all but the sources and cues that stand beneath another.
  get heads() {
    return this.#heads;
  }

  // The lines that a head leads to, as [relation, line], in the order of the scheme.
  childrenOf(line) {
    const found = [];
    for (const relation of this.scheme.relations) {
      for (const child of line.links[relation.name] ?? []) {
        if (this.lines.has(child)) found.push([relation.name, this.lines.get(child)]);
      }
    }
    return found;
  }

  headsOf(line) {
    return this.#leading.get(line.line) ?? [];
  }

  // The line whose card another stands on: its own, or that of the first that leads to it.
  cardOf(line) {
    return this.#under.get(line.line) ?? line;
  }

  get counts() {
    const suggestions = [...this.lines.values()].filter((line) => this.isSuggested(line));
    return { suggestions: suggestions.length, decided: suggestions.filter((line) => this.isDecided(line)).length };
  }

  // The lines that a re-review asks for anew.
  get due() {
    return [...this.lines.values()].filter((line) => line.due);
  }

  // The heads in the order in which they are gone through: by the text, or the least sure first.
  order(by = "text") {
    if (by === "text") return this.heads;
    this.#byDoubt ??= [...this.heads].sort((one, other) => (one.score ?? 2) - (other.score ?? 2) || startOf(this, one) - startOf(this, other));
    return this.#byDoubt;
  }

  // The first undecided head after `from`, and from the top again where none is left below; null when all are decided.
  nextUndecided(from, by = "text") {
    const heads = this.order(by);
    const at = heads.findIndex((line) => line === from);
    const around = [...heads.slice(at + 1), ...heads.slice(0, Math.max(at, 0) + 1)];
    return around.find((line) => this.leftOn(line) > 0 && line !== from) ?? (from && this.leftOn(from) ? from : null);
  }

  // Of some sources and cues, the undecided suggestions that nothing leads to any more.
  leftAlone(children) {
    const dropped = (head) => ["dropped", "skipped"].includes(this.stateOf(head));
    return children.filter((child) => child.said && !child.verdict && this.headsOf(child).every(dropped));
  }

  // The sources and cues of a line that were decided in one act with it.
  decidedAlong(line) {
    const children = this.childrenOf(line).map(([, child]) => child);
    return line.at ? children.filter((child) => child.at === line.at) : [];
  }

  // How many lines of a card wait for a decision: suggestions without one, and those that are due anew.
  leftOn(head) {
    return this.#card(head).filter((line) => line.due || (this.isSuggested(line) && !this.isDecided(line))).length;
  }

  // The lines that are due anew where a line has the focus: on its whole card, or of a source or cue that alone.
  dueAt(line) {
    const lines = this.cardOf(line) === line ? this.#card(line) : [line];
    return lines.filter((one) => one.due);
  }

  #card(head) {
    return [head, ...this.childrenOf(head).map(([, child]) => child)].filter((line) => this.cardOf(line) === head);
  }

  // What the newest act decided that can be taken back: the lines of one request.
  get lastDecided() {
    let newest = "";
    let lines = [];
    for (const line of this.lines.values()) {
      if (!line.at || line.at < newest) continue;
      if (line.at > newest) lines = [];
      newest = line.at;
      lines.push(line);
    }
    return lines;
  }

  // --- what acts come to --------------------------------------------------------------------------------------

  // Shows what a decision comes to before the server has said so. Returns the lines that change their looks.
  apply(decision, at) {
    const line = this.lines.get(decision.line);
    if (!line) return decision.verdict === "add" ? this.#added(decision, at) : [];
    const changed = new Set([line]);
    const start = startOf(this, line);
    line.due = null;
    if (!["reject", "skip", "retract"].includes(decision.verdict)) {
      // What came along before comes along again.
      for (const [, child] of this.childrenOf(line)) if (child.implied) changed.add(Object.assign(child, { due: null }));
    }
    if (decision.verdict === "confirm") {
      Object.assign(line, { at, implied: false });
    } else if (decision.verdict === "retract") {
      for (const child of this.#letGo(line)) changed.add(child);
      Object.assign(line, { verdict: "", reason: "", kept: null, at: null, implied: false });
      // Something that the reviewer added and takes back is nothing any more.
      if (!line.said) this.lines.delete(line.line);
    } else {
      line.verdict = decision.verdict;
      line.reason = decision.reason ?? "";
      line.implied = false;
      line.at = at;
      if (KEEPING.has(decision.verdict)) {
        line.kept = decision.verdict === "accept" ? line.said : this.#corrected(line, decision);
        for (const child of this.#bring(line)) changed.add(child);
      } else {
        line.kept = null;
        for (const child of this.#letGo(line)) changed.add(child);
      }
    }
    if (decision.links || !this.lines.has(line.line) || startOf(this, line) !== start) this.#arrange();
    return [...changed];
  }

  // Takes what a receipt says: the next versions, and the name that the server gave to what was added under `name`.
  // Tells whether the server made lines that are not known here.
  receive(name, body) {
    const line = this.lines.get(name);
    let unknown = line === undefined;
    if (line) {
      Object.assign(line, { version: body.version, on: line.on ?? body.on });
      if (name !== body.line) this.#rename(line, body.line);
    }
    // A relation has a line of its own too, of which nobody here knows and nobody has to.
    for (const other of body.implied.filter(({ of }) => of === "annotation")) {
      const known = this.lines.get(other.line);
      if (known) known.version = other.version;
      else unknown = true;
    }
    return unknown;
  }

  #rename(line, name) {
    this.#renamed.set(line.line, name);
    this.lines.delete(line.line);
    line.line = name;
    this.lines.set(name, line);
    this.#arrange();
  }

  #corrected(line, decision) {
    const base = this.shown(line);
    const label = decision.label ?? base.label;
    const known = this.scheme.labels.find((one) => one.name === label)?.attributes ?? {};
    const said = Object.entries({ ...base.attributes, ...decision.attributes });
    const attributes = Object.fromEntries(said.filter(([name, value]) => name in known && value !== null));
    for (const [relation, links] of Object.entries(decision.links ?? {})) {
      line.links[relation] = links.filter((link) => link.annotation).map((link) => this.#lineOf(link.annotation)).filter(Boolean);
    }
    return { label, segments: decision.segments ?? base.segments, attributes };
  }

  #added(decision, at) {
    const line = {
      line: decision.line,
      on: null,
      version: 0,
      said: null,
      kept: { label: decision.label, segments: decision.segments, attributes: decision.attributes ?? {} },
      verdict: "add",
      reason: decision.reason ?? "",
      implied: false,
      at,
      score: null,
      calibrated: false,
      why: "",
      pipeline: "",
      likely_reason: "other",
      due: null,
      links: {},
    };
    this.lines.set(line.line, line);
    if (decision.links) line.kept = this.#corrected(line, decision);
    this.#arrange();
    return [line];
  }

  // Keeps the suggested source and cue of what was kept, unless they were decided for themselves.
  #bring(head) {
    const brought = [];
    for (const [, child] of this.childrenOf(head)) {
      if (this.isSuggested(child) && !child.verdict) {
        Object.assign(child, { verdict: "accept", implied: true, kept: child.said });
        brought.push(child);
      }
    }
    return brought;
  }

  // Lets go of what only this line had brought along.
  #letGo(head) {
    const fallen = [];
    for (const [, child] of this.childrenOf(head)) {
      const others = this.headsOf(child).some((other) => other !== head && this.stateOf(other) === "kept");
      if (child.implied && !others) {
        Object.assign(child, { verdict: "", implied: false, kept: null, due: null });
        fallen.push(child);
      }
    }
    return fallen;
  }

  #lineOf(annotation) {
    if (this.lines.has(annotation)) return annotation;
    return [...this.lines.values()].find((line) => line.on === annotation)?.line;
  }

  #renamed = new Map();
  #heads = [];
  #under = new Map();
  #leading = new Map();
  #byDoubt = null;

  // What two share stands with the one that has more: a quote keeps its source, a claim points there.
  #arrange() {
    const relations = (line) => Object.values(line.links).filter((children) => children.some((child) => this.lines.has(child))).length;
    const rows = [...this.lines.values()].map((line) => [line, relations(line), startOf(this, line)]);
    rows.sort((one, other) => one[2] - other[2] || other[1] - one[1] || (one[0].line < other[0].line ? -1 : 1));
    this.#under = new Map();
    const byLinks = rows.filter(([, count]) => count > 0).sort((one, other) => other[1] - one[1]);
    for (const [head] of byLinks) {
      for (const [, child] of this.childrenOf(head)) {
        if (child !== head && !this.#under.has(child.line) && relations(child) === 0) this.#under.set(child.line, head);
      }
    }
    this.#heads = rows.map(([line]) => line).filter((line) => !this.#under.has(line.line));
    this.#byDoubt = null;
    this.#leading = new Map();
    for (const head of this.lines.values()) {
      for (const child of new Set(Object.values(head.links).flat())) this.#leading.set(child, [...(this.#leading.get(child) ?? []), head]);
    }
  }
}

export function startOf(board, line) {
  return board.shown(line).segments[0][0];
}
