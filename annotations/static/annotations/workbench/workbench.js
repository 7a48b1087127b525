// The workbench: one line has the focus, and each key is an act on it. What was decided is shown at once, kept in the
// browser, and "saved" once the server's receipt is here.
import { movedCaret } from "../correcting.js";
import { commandOf, takesLetter } from "../keys.js";
import { selectedSpan } from "../offsets.js";
import "../lease.js";
import { Acts } from "./acts.js";
import { Answers } from "./answers.js";
import { Changing } from "./changing.js";
import { painted, shortened } from "./dom.js";
import { decisionOf, linkable, NEW } from "./drafting.js";
import { Drawing } from "./drawing.js";
import { Help } from "./help.js";
import { KeyTable } from "./keytable.js";
import { Offering } from "./offering.js";
import { Outbox } from "./outbox.js";
import { Pass } from "./pass.js";
import { listenToPointer } from "./pointing.js";
import { Search } from "./search.js";
import { snapSelection } from "./selection.js";
import { newKey, Session } from "./session.js";
import { openStore } from "./store.js";

export class Workbench {
  // `opened` is what the page was opened with: the state, the board and the places made of it, and the paper.
  constructor(opened) {
    Object.assign(this, opened);
    const { state } = opened;
    this.root = this.paper.root;
    this.session = new Session(state);
    this.store = openStore();
    this.keys = new KeyTable(this.store);
    this.by = "text";
    this.focus = null;
    this.draft = null;
    this.mode = null;
    this.caret = null;
    this.readTo = 0;
    this.selected = null;
    this.why = false;
    this.offering = new Offering(this, () => this.drawing.addOffers());
    this.pass = new Pass(this);
    this.acts = new Acts(this);
    this.changing = new Changing(this);
    this.answers = new Answers(this);
    this.drawing = new Drawing(this);
    this.waiting = null;
    this.commands = [];
    this.busy = false;
    this.sequence = 0;
    this.taken = state.assignment !== null;
    this.rightToLeft = getComputedStyle(this.root).direction === "rtl";
    this.draftPlace = `attest.draft/${state.reviewer}/${state.article}/${state.revision}`;
    this.paper.marksOf = (name) => this.drawing.marksOf(name);
    this.outbox = new Outbox({
      storage: this.store.storage,
      reviewer: state.reviewer,
      post: (url, decisions) => painted().then(() => this.session.decide(url, decisions)),
      standing: (name) => this.board.get(name) ?? null,
      heard: (what) => this.answers.heard(what),
      newKey,
    });
    for (const act of this.mine) for (const decision of act.decisions) this.board.apply(decision, this.at());
    this.search = new Search(this.paper, this.places, { seen: (place) => this.setCaret(place), changed: () => this.drawing.renderOutline() });
    this.help = new Help(document.getElementById("help"), this.keys, () => this.render());
    this.paper.update([...this.board.lines.keys()]);
    this.#listen();
    this.#start();
  }

  get locked() {
    return this.board.submittedAt !== null;
  }

  get mine() {
    return this.outbox.waiting.filter((act) => this.isMine(act));
  }

  // Whether an act is about this text; the outbox keeps those of others that were left unsent, too.
  isMine(act) {
    return act.article === this.state.article && act.revision === this.state.revision;
  }

  get line() {
    return this.focus === null || this.focus === NEW ? null : this.board.get(this.focus);
  }

  // What is said of the line in focus, the change in hand included.
  get shown() {
    if (this.draft) return { ...this.draft, segments: this.places.spanPoints(this.draft.segments) };
    return this.line ? this.board.shown(this.line) : null;
  }

  #start() {
    const wanted = new URLSearchParams(location.search).get("line");
    const kept = this.store.read(this.draftPlace, null);
    if (wanted && this.board.get(wanted)) this.go(wanted);
    else this.go((this.locked ? this.board.heads[0] : (this.board.nextUndecided(null, this.by) ?? this.board.heads[0]))?.line ?? null);
    this.readTo = 0;
    if (kept && !this.locked && (kept.line === null || this.board.get(kept.line))) {
      this.focus = kept.line ?? NEW;
      this.setDraft(kept);
      this.render();
    }
    this.root.focus({ preventScroll: true });
    this.outbox.flush();
    // The lists of sources and boundaries are then there before they are asked for.
    if (!this.locked && this.board.suggestionsShown) setTimeout(() => this.offering.ask(), 200);
  }

  render() {
    this.drawing.render();
  }

  tell(words) {
    this.drawing.tell(words);
  }

  // --- the focus ----------------------------------------------------------------------------------------------

  // Looks at a line; a change in hand is committed on the way, so that nothing is lost by looking elsewhere.
  go(name) {
    if (this.draft && name !== this.focus) this.commit();
    const before = this.focus;
    this.mode = null;
    this.focus = this.board.get(name)?.line ?? name;
    this.setCaret(null);
    this.readTo = this.shown ? this.shown.segments[0][0] : 0;
    this.paper.update([before, name].filter((one) => one && this.board.get(one)));
    this.render();
    this.tell(this.drawing.spoken());
    // Last, for to scroll is to lay out all that has changed.
    this.drawing.show();
  }

  #move(by) {
    const heads = this.board.order(this.by);
    if (!heads.length) return;
    const card = this.line ? heads.indexOf(this.board.cardOf(this.line)) : -1;
    const next = heads[Math.min(Math.max(card + by, 0), heads.length - 1)];
    this.go(next.line);
  }

  // The caret is where the engine is asked what may be missing; it is shown in the text.
  #moveCaret(name) {
    const from = this.caret ?? this.readTo;
    this.setCaret(this.places.points(movedCaret(this.places.units(from), { name }, this.places)));
    const end = Math.min(this.paper.blockAt(this.caret).end, this.caret + 80);
    this.paper.range(this.caret, end).startContainer.parentElement.scrollIntoView({ block: "nearest" });
    this.tell(`Caret before: ${this.places.words([[this.caret, end]])}`);
  }

  setCaret(place) {
    this.caret = place;
    CSS.highlights?.delete("caret");
    if (place === null || place >= this.places.length) return;
    CSS.highlights?.set("caret", new Highlight(this.paper.range(place, place + 1)));
  }

  advance() {
    const { line, board } = this;
    const card = line ? board.cardOf(line) : null;
    const readTo = Math.max(this.readTo, line ? leftAt(board, line) : 0);
    const next = board.nextUndecided(card, this.by);
    if (next && next !== card) this.go(next.line);
    else this.render();
    // What may be missing is looked for from where the reviewer has read to, and not from where the focus went.
    this.readTo = readTo;
    if (!board.heads.some((head) => board.leftOn(head))) this.tell(`All is decided. ${this.keys.of("submit")} submits the pass.`);
  }

  // --- deciding -----------------------------------------------------------------------------------------------

  // Takes decisions as one act: shows what they come to, and hands them to the outbox.
  decide(decisions, told) {
    const at = this.at();
    const changed = new Set();
    const prepared = [];
    const take = (decision) => {
      if (prepared.some((other) => other.line === decision.line)) return;
      prepared.push(this.#prepared(decision));
      for (const line of this.board.apply(decision, at)) changed.add(line.line);
    };
    for (const decision of decisions) {
      const line = this.board.get(decision.line);
      const children = line ? this.board.childrenOf(line).map(([, child]) => child) : [];
      // What was dropped along with it before follows it again.
      if (line && !["reject", "skip", "confirm"].includes(decision.verdict)) for (const child of this.board.decidedAlong(line)) take({ line: child.line, verdict: "retract" });
      take(decision);
      // A source or cue that nothing leads to any more goes the way of the quote that led to it.
      const way = decision.verdict === "skip" ? "skip" : "reject";
      if (!["retract", "confirm"].includes(decision.verdict)) for (const child of this.board.leftAlone(children)) take({ line: child.line, verdict: way, ...(way === "reject" && { reason: child.likely_reason }) });
    }
    this.drawing.redraw([...changed]);
    this.outbox.add({ url: this.state.urls.reviews, article: this.state.article, revision: this.state.revision, title: document.title, decisions: prepared, told });
    this.tell(told);
  }

  // With the version that it is made on; where an act about the same card is under way, that one's receipt brings it.
  #prepared(decision) {
    const line = this.board.get(decision.line);
    const near = line ? [line, ...this.board.childrenOf(line).map(([, child]) => child), ...this.board.headsOf(line)].map((one) => one.line) : [];
    const pending = this.outbox.isAbout(near);
    return { ...decision, on: line?.on ?? null, version: decision.verdict === "add" ? 0 : pending ? null : line.version };
  }

  at() {
    // Later than any time of the server's, in the order of the acts.
    this.sequence += 1;
    return `~${String(this.sequence).padStart(9, "0")}`;
  }

  // Makes the change in hand a decision, if there is one and it changes something; returns the line's name or null.
  commit() {
    const { draft } = this;
    if (!draft) return null;
    const name = draft.line ?? `${NEW}-${newKey()}`;
    const decision = decisionOf(this.board, this.places, draft, name);
    this.setDraft(null);
    if (!decision) return null;
    const told = `${draft.line ? "Corrected" : "Added"}: ${draft.label}, ${shortened(this.places.words(this.places.spanPoints(draft.segments)), 80)}`;
    this.offering.settle(draft.line === null ? name : null);
    this.decide([decision], told);
    this.focus = name;
    return name;
  }

  setDraft(draft) {
    const names = this.drawing.draftNames();
    this.draft = draft;
    this.store.write(this.draftPlace, draft);
    if (!draft && this.focus === NEW) this.focus = null;
    this.paper.update([...new Set([...names, ...this.drawing.draftNames(), ...(this.line ? [this.focus] : [])])]);
  }

  // The page of a line's comments leads back here; what is in hand is kept until then.
  #comment() {
    if (this.mine.length) this.tell("Not everything is saved yet.");
    else location.assign(this.state.urls.comments + (this.line ? `?line=${this.line.line}` : ""));
  }

  refresh() {
    return this.answers.refresh();
  }

  // --- commands -----------------------------------------------------------------------------------------------

  // Does what a key or a button asks for; `number` comes with digits, `letter` with what goes to one.
  run(name, number = null, letter = "") {
    this.inTurn(() => this.#do(name, number, letter));
  }

  // What comes while a list is still on its way from the server waits for it: a number that was meant for the list would
  // otherwise change the label, and a click would have it fall on another line.
  inTurn(command) {
    this.commands.push(command);
    this.#goOn();
  }

  #goOn() {
    while (this.commands.length && !this.busy) {
      const going = this.commands.shift()();
      if (!going) continue;
      this.busy = true;
      going.finally(() => {
        this.busy = false;
        this.#goOn();
      });
    }
  }

  // Does one command; returns a promise where the server is asked first.
  #do(name, number, letter) {
    const digit = name === "none" ? 0 : number;
    const item = this.mode?.items.find((one) => one.number === digit);
    if (["number", "none"].includes(name) && this.mode && !this.selected) {
      if (item) this.mode.pick(item);
      return null;
    }
    this.mode = null;
    if (name === "number" && this.selected) {
      const label = this.board.scheme.labels[number - 1];
      if (label) this.changing.addSelected(label.name);
      return null;
    }
    if (name.startsWith("caret-")) {
      this.#moveCaret(name);
      return null;
    }
    const always = {
      next: () => this.#move(1),
      previous: () => this.#move(-1),
      "next-undecided": () => this.advance(),
      why: () => { this.why = !this.why; this.render(); },
      help: () => this.help.open(),
      submit: () => this.pass.submit(),
      "by-doubt": () => { this.by = this.by === "text" ? "doubt" : "text"; this.render(); },
      comment: () => this.#comment(),
      search: () => this.search.open(),
      cancel: () => this.#cancel(),
    };
    const deciding = {
      accept: () => this.acts.accept(),
      correction: () => this.acts.takeCorrection("correction", 0),
      "other-correction": () => this.acts.takeCorrection("other-correction", 1),
      reject: () => this.acts.reject(),
      skip: () => this.acts.skip(),
      retract: () => this.acts.retract(),
      undo: () => this.acts.undo(),
      "accept-paragraph": () => this.acts.acceptParagraph(),
      "accept-above": () => this.acts.acceptAbove(),
      candidate: () => this.changing.candidate(),
      yield: () => (this.state.urls.keep ? this.pass.giveBack() : null),
    };
    // In a scheme of one's own, the two keys are for its first two relations.
    const { relations } = this.board.scheme;
    const relation = relations.find((one) => one.name === name) ?? relations[["source", "cue"].indexOf(name)];
    if (always[name]) return always[name]();
    if (this.locked) return this.pass.refuse("Your pass is submitted; take it up again to change it.");
    this.pass.refuse("");
    if (deciding[name]) return deciding[name]();
    return relation ? this.changing.link(relation.name) : this.changing.press({ name, number: digit, letter });
  }

  #cancel() {
    const added = this.focus === NEW;
    this.setDraft(null);
    if (added) this.go(this.board.nextUndecided(null, this.by)?.line ?? this.board.heads[0]?.line ?? null);
    else this.render();
  }

  // --- listening ----------------------------------------------------------------------------------------------

  #listen() {
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing || event.target.closest("input, textarea, select, dialog")) return;
      if (event.target.closest("button, a, summary") && ["Enter", " "].includes(event.key)) return;
      // The browser tells of a new selection only after a while; a key is about what is selected by now.
      this.selected = this.locked ? null : selectedSpan(this.root);
      const waiting = this.waiting;
      this.waiting = null;
      if (waiting && [...event.key].length === 1 && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        this.run(waiting, null, event.key);
        return;
      }
      if (waiting && event.key === "Shift") this.waiting = waiting;
      const found = commandOf(event, this.keys.table, { rightToLeft: this.rightToLeft });
      if (!found) return;
      // Arrows with a selection in hand go on selecting.
      if (this.selected && event.shiftKey && event.key.startsWith("Arrow")) return;
      event.preventDefault();
      if (takesLetter(found.name) && !this.locked) {
        this.waiting = found.name;
        this.tell("With which letter does the word begin?");
        return;
      }
      this.run(found.name, found.number);
    });
    document.addEventListener("selectionchange", () => {
      const span = this.locked ? null : selectedSpan(this.root);
      this.selected = span;
      this.drawing.renderSelection();
    });
    document.addEventListener("mouseup", (event) => {
      const span = this.locked || event.altKey ? null : selectedSpan(this.root);
      if (span) snapSelection(span, this);
    });
    listenToPointer(this.root, {
      focused: () => (this.locked || !this.shown ? null : this.focus),
      elementsOf: (name) => this.paper.elementsOf(name),
      edge: (edge, place, exact) => this.changing.drag(edge, place, exact),
      dropped: () => this.tell(shortened(this.places.words(this.shown.segments), 200)),
      clicked: (name, place) => this.inTurn(() => this.#clicked(name, place)),
    });
    for (const type of ["online", "focus"]) window.addEventListener(type, () => this.outbox.flush());
  }

  #clicked(name, place) {
    const relation = this.offering.listOf(this.draft)?.relation;
    const target = relation && linkable(this.board, relation, this.draft.line).find((line) => line.line === name);
    if (target) {
      this.changing.lead(relation, this.board.shown(target).segments);
      return;
    }
    if (name && this.board.get(name)) this.go(name);
    this.setCaret(place);
  }
}

// Where a reviewer has read to who goes on from a line: its end, or where it began, for what is right in its place.
function leftAt(board, line) {
  const { segments } = board.shown(line);
  return board.stateOf(line) === "kept" ? segments.at(-1)[1] : segments[0][0];
}
