// The workbench: one line has the focus, and each key is an act on it. What was decided is shown at once, kept in the
// browser, and "saved" once the server's receipt is here.
import { snap, step } from "../boundaries.js";
import { movedCaret, press } from "../correcting.js";
import { commandOf, takesLetter } from "../keys.js";
import { selectedSpan } from "../offsets.js";
import "../lease.js";
import { Acts } from "./acts.js";
import { element, shortened } from "./dom.js";
import { decisionOf, draftOfLine, draftOfNew, linkable, linkedBy } from "./drafting.js";
import { Help } from "./help.js";
import { KeyTable } from "./keytable.js";
import { Offering } from "./offering.js";
import { Outbox } from "./outbox.js";
import { marksOn } from "./paint.js";
import { cardOf, heldOf, noticesOf, Outline } from "./panel.js";
import { Pass } from "./pass.js";
import { listenToPointer } from "./pointing.js";
import { Search } from "./search.js";
import { drawSelection } from "./selection.js";
import { newKey, Session } from "./session.js";
import { openStore } from "./store.js";
import { drawLease, drawStrip } from "./strip.js";

const NEW = "new";

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
    this.offering = new Offering(this);
    this.pass = new Pass(this);
    this.acts = new Acts(this);
    this.waiting = null;
    this.commands = [];
    this.busy = false;
    this.sequence = 0;
    this.stale = false;
    this.notices = [];
    this.taken = state.assignment !== null;
    this.rightToLeft = getComputedStyle(this.root).direction === "rtl";
    this.draftPlace = `attest.draft/${state.reviewer}/${state.article}/${state.revision}`;
    this.paper.marksOf = (name) => this.marksOf(name);
    this.outline = new Outline(document.getElementById("outline"), (name) => this.#entryOf(name), (name) => this.#inTurn(() => this.board.get(name) && this.go(name)));
    this.outbox = new Outbox({
      storage: this.store.storage,
      reviewer: state.reviewer,
      post: (url, decisions) => this.session.decide(url, decisions),
      standing: (name) => this.board.get(name) ?? null,
      heard: (what) => this.heard(what),
      newKey,
    });
    for (const act of this.mine) for (const decision of act.decisions) this.board.apply(decision, this.#at());
    this.search = new Search(this.paper, this.places, { seen: (place) => this.#setCaret(place), changed: () => this.#renderOutline() });
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

  // --- drawing ------------------------------------------------------------------------------------------------

  marksOf(name) {
    const { draft, board, places } = this;
    if (draft && name === (draft.line ?? NEW)) return { label: draft.label, segments: places.spanPoints(draft.segments), state: "draft", tag: draft.label };
    if (draft && name.startsWith(`${NEW}:`)) {
      const relation = name.slice(NEW.length + 1);
      const kinds = board.scheme.relations.find((one) => one.name === relation).children;
      const span = draft.links[relation];
      return span ? { label: kinds[0], segments: places.spanPoints(span), state: "draft", tag: relation } : null;
    }
    return marksOn(board, name, { dropped: name === this.focus });
  }

  // The names under which the change in hand is drawn: itself, and what it would lead to that is not there yet.
  #draftNames() {
    if (!this.draft) return [];
    const fresh = Object.keys(this.draft.links).filter((relation) => linkedBy(this.board, this.places, null, this.draft, relation).some((target) => target.line === null));
    return [this.draft.line ?? NEW, ...fresh.map((relation) => `${NEW}:${relation}`)];
  }

  // Draws lines anew, in the text and beside it, that have changed on the board.
  #redraw(names) {
    this.paper.update(names);
    this.outline.touch(names.flatMap((name) => [name, this.board.get(name) && this.board.cardOf(this.board.get(name)).line]));
  }

  render() {
    const { board, line, shown } = this;
    const emphasis = new Map();
    if (shown) {
      for (const relation of board.scheme.relations) {
        for (const target of linkedBy(board, this.places, line, this.draft, relation.name)) if (target.line) emphasis.set(target.line, "linked");
      }
      for (const name of this.#draftNames()) if (name !== NEW) emphasis.set(name, "linked");
      if (line) for (const head of board.headsOf(line)) emphasis.set(head.line, "linked");
      emphasis.set(this.focus, "here");
    }
    this.paper.emphasise(emphasis);
    document.getElementById("panel").replaceChildren(...cardOf(this.#view(), (name, number) => this.run(name, number), (name) => this.keys.of(name)).filter(Boolean));
    this.#renderStrip();
    this.#renderOutline();
    this.#renderHeld();
  }

  #view() {
    const { board, line, shown } = this;
    if (!shown) return null;
    const links = board.scheme.relations
      .filter((relation) => relation.heads.includes(shown.label))
      .map((relation) => {
        const targets = linkedBy(board, this.places, line, this.draft, relation.name);
        const moving = this.draft?.part === relation.name ? "moving" : "";
        return [relation.name, targets.map((target) => shortened(this.places.words(target.segments), 90)).join("; ") || "none", targets.length ? moving : "none"];
      });
    return {
      line,
      shown,
      board,
      links,
      state: this.draft ? "draft" : board.stateOf(line),
      words: this.places.words(shown.segments),
      mode: this.mode ?? this.offering.listOf(this.draft),
      why: this.why,
      due: line && !this.draft ? board.dueAt(line) : [],
      changes: this.state.guideline_changes,
      whyDrafted: this.draft?.why,
      locked: this.locked,
      open: line ? this.state.comments[line.line] : 0,
    };
  }

  #renderStrip() {
    const keyOf = (name) => this.keys.of(name);
    const run = (name) => this.run(name);
    drawStrip({ board: this.board, outbox: this.outbox, by: this.by, acts: this.pass.buttons(run, keyOf) }, run, keyOf);
  }

  // The text and the card come first: the outline follows once they are painted.
  #renderOutline() {
    const { root } = this.outline;
    root.setAttribute("aria-busy", "true");
    this.outlining ??= requestAnimationFrame(() => setTimeout(() => {
      this.outlining = null;
      const card = this.line ? this.board.cardOf(this.line).line : null;
      this.outline.render(this.search.among(this.board.order(this.by), (head) => this.#saidOf(head)), card);
      root.removeAttribute("aria-busy");
    }));
  }

  // All words that a card can be found by: its labels, its own words and those of its source and cue, how it stands.
  #saidOf(head) {
    const { board, places } = this;
    const lines = [head, ...board.childrenOf(head).map(([, child]) => child)];
    const words = lines.flatMap((line) => {
      const shown = board.shown(line);
      return [shown.label, ...Object.values(shown.attributes), places.words(shown.segments), line.why];
    });
    return [...words, head.verdict || "to decide"].join("\n");
  }

  #entryOf(name) {
    const line = this.board.get(name);
    const shown = this.board.shown(line);
    return { label: shown.label, state: this.board.stateOf(line), words: this.places.words(shown.segments), left: this.board.leftOn(line) };
  }

  #renderHeld() {
    const standing = (decision, error) => {
      const line = this.board.get(decision.line);
      if (!line) return error.details?.verdict ?? "nothing";
      const shown = this.board.shown(line);
      return `${error.details?.verdict ?? (line.verdict || "no decision")}${shown ? `: ${shown.label}, ${shortened(this.places.words(shown.segments), 80)}` : ""}`;
    };
    const read = (notice) => {
      this.notices = this.notices.filter((other) => other !== notice);
      this.#renderHeld();
      this.root.focus({ preventScroll: true });
    };
    document.getElementById("outbox").replaceChildren(...noticesOf(this.notices, read), ...heldOf(this.outbox.held, standing, this.state.article, (held, whose) => this.#choose(held, whose)));
  }

  tell(words) {
    const live = document.getElementById("live");
    live.textContent = "";
    live.textContent = words;
  }

  // --- the focus ----------------------------------------------------------------------------------------------

  // Looks at a line; a change in hand is committed on the way, so that nothing is lost by looking elsewhere.
  go(name) {
    if (this.draft && name !== this.focus) this.commit();
    const before = this.focus;
    this.mode = null;
    this.focus = this.board.get(name)?.line ?? name;
    this.#setCaret(null);
    this.readTo = this.shown ? this.shown.segments[0][0] : 0;
    this.paper.update([before, name].filter((one) => one && this.board.get(one)));
    this.render();
    this.#show();
    this.tell(this.#spoken());
  }

  #show() {
    if (!this.shown) return;
    const marks = this.paper.elementsOf(this.focus);
    marks[marks.length - 1]?.scrollIntoView({ block: "nearest" });
    marks[0]?.scrollIntoView({ block: "nearest" });
  }

  #spoken() {
    const { shown, line, board } = this;
    if (!shown) return "Nothing is labelled here.";
    const heads = board.order(this.by);
    const card = line ? heads.indexOf(board.cardOf(line)) + 1 : 0;
    const links = this.#view().links.map(([relation, words]) => `${relation}: ${words}`).join(", ");
    const where = card ? `${card} of ${heads.length}. ` : "";
    const how = line ? { suggested: "to decide", kept: "kept", skipped: "skipped", dropped: "rejected" }[board.stateOf(line)] : "";
    return `${where}${[shown.label, ...Object.values(shown.attributes)].join(", ")}, ${how}: ${shortened(this.places.words(shown.segments), 200)}. ${links}`;
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
    this.#setCaret(this.places.points(movedCaret(this.places.units(from), { name }, this.places)));
    const end = Math.min(this.paper.blockAt(this.caret).end, this.caret + 80);
    this.paper.range(this.caret, end).startContainer.parentElement.scrollIntoView({ block: "nearest" });
    this.tell(`Caret before: ${this.places.words([[this.caret, end]])}`);
  }

  #setCaret(place) {
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
    const at = this.#at();
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
    this.#redraw([...changed]);
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

  #at() {
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

  // --- changing -----------------------------------------------------------------------------------------------

  setDraft(draft) {
    const names = this.#draftNames();
    this.draft = draft;
    this.store.write(this.draftPlace, draft);
    if (!draft && this.focus === NEW) this.focus = null;
    this.paper.update([...new Set([...names, ...this.#draftNames(), ...(this.line ? [this.focus] : [])])]);
  }

  // Does to what is in focus what a key asks for; a draft that changes nothing is none.
  async #press(command) {
    if (!this.shown || this.locked) return;
    if (["source", "cue", "alternative"].includes(command.name)) await this.offering.ask(this.line?.line);
    const draft = this.draft ?? draftOfLine(this.board, this.places, this.line);
    const selection = this.selected && { start: this.places.units(this.selected.start), end: this.places.units(this.selected.end) };
    const changed = press(draft, command, { ...this.#page(draft), selection });
    if (changed === draft) {
      this.tell("Nothing to change there.");
      return;
    }
    if (command.name === "add-segment" && selection) document.getSelection().removeAllRanges();
    this.mode = null;
    this.setDraft(changed);
    if (command.name === "none") this.#offerAbsences();
    this.render();
    this.#show();
    this.tell(this.#spokenChange(draft, changed));
  }

  #page(draft) {
    const { places, board } = this;
    return { text: places.text, blocks: places.blocks, labels: board.scheme.labels, choices: this.offering.choicesFor(draft) };
  }

  #spokenChange(before, after) {
    const words = (span) => (span ? shortened(this.places.words(this.places.spanPoints(span)), 200) : "none");
    if (after.label !== before.label) return after.label;
    if (JSON.stringify(after.attributes) !== JSON.stringify(before.attributes) && after.segments === before.segments) return Object.values(after.attributes).join(", ");
    if (after.part !== "self") return `${after.part}: ${words(after.links[after.part])}`;
    return words(after.segments);
  }

  // Moves an edge to where the mouse let go of it: between words, or with Alt held to the very character.
  #drag(edge, place, exact) {
    const draft = this.draft ?? draftOfLine(this.board, this.places, this.line);
    const segments = draft.segments.map((pair) => [...pair]);
    let unit = this.places.units(place);
    if (!exact) {
      const [back, on] = [-1, 1].map((direction) => step(this.places.text, this.places.blocks, unit, "word", direction, edge));
      unit = unit - back < on - unit ? back : on;
    }
    if (edge === "start" && unit < segments[0][1]) segments[0][0] = unit;
    if (edge === "end" && unit > segments[segments.length - 1][0]) segments[segments.length - 1][1] = unit;
    this.setDraft({ ...draft, segments, list: null, part: "self" });
    this.render();
  }

  // Adds what is selected: at once, so that nothing is lost; its source and cue can follow.
  #addSelected(label) {
    const { start, end } = this.selected;
    this.commit();
    document.getSelection().removeAllRanges();
    this.selected = null;
    const before = this.focus;
    this.setDraft(draftOfNew(this.board, this.places, { label, segments: [[start, end]] }));
    const name = this.commit();
    this.focus = before;
    this.go(name);
  }

  // Takes the selected words, or a line that was pointed at, as what a relation leads to.
  #lead(relation, segments) {
    const draft = this.draft ?? draftOfLine(this.board, this.places, this.line);
    this.setDraft({ ...draft, links: { ...draft.links, [relation]: this.places.spanUnits(segments) }, part: relation, segment: null, list: null });
    this.render();
    this.tell(`${relation}: ${this.places.words(segments)}`);
  }

  async #link(relation) {
    if (!this.shown) return;
    if (!this.board.scheme.relations.some((one) => one.name === relation && one.heads.includes(this.shown.label))) {
      this.tell(`A ${this.shown.label} has no ${relation}.`);
    } else if (this.selected) {
      const { start, end } = this.selected;
      document.getSelection().removeAllRanges();
      this.#lead(relation, [[start, end]]);
    } else await this.#press({ name: relation, number: null });
  }

  // The page of a line's comments leads back here; what is in hand is kept until then.
  #comment() {
    if (this.mine.length) this.tell("Not everything is saved yet.");
    else location.assign(this.state.urls.comments + (this.line ? `?line=${this.line.line}` : ""));
  }

  #offerAbsences() {
    if (!this.draft) return;
    const items = this.board.absences.map(([value, words], index) => ({ number: index + 1, words, value }));
    const pick = (item) => {
      this.setDraft({ ...this.draft, reason: item.value });
      this.mode = null;
      this.render();
      this.tell(item.words);
    };
    this.mode = { title: "Why is there none?", items, pick };
    this.render();
  }

  // --- what the engine offers ---------------------------------------------------------------------------------

  // The engine's best candidate from the caret on, and with each further key the next one.
  async #candidate() {
    await this.offering.ask();
    const place = this.caret ?? this.readTo;
    const candidate = this.offering.next(place, this.focus === NEW);
    if (!candidate) {
      this.tell("The engine has no candidate from here on that is not there already.");
      return;
    }
    this.#offer(candidate, place);
    const pick = (item) => {
      this.mode = null;
      this.#offer(this.offering.take(item.one), place);
    };
    this.mode = { title: "What may be missing from here on", items: this.offering.items, pick };
    this.render();
  }

  #offer(candidate, place) {
    if (this.draft?.line) {
      this.commit();
      this.offering.take(candidate);
    }
    this.focus = NEW;
    this.setDraft(draftOfNew(this.board, this.places, { ...candidate, segments: candidate.points }));
    this.#setCaret(place);
    this.render();
    this.#show();
    this.tell(this.#spoken());
  }

  // --- the server's answers -----------------------------------------------------------------------------------

  heard({ type, act, decision, body }) {
    if (type === "receipt" && body.notice) this.#notice(body.notice, act, decision);
    if (type === "receipt" && this.isMine(act)) {
      const name = decision.line;
      const known = this.board.get(name);
      const unknown = this.board.receive(name, body);
      if (known && name !== body.line) this.#renamed(name, body.line);
      // A retraction lets an earlier decision count again, and the first decision takes the article.
      this.stale ||= unknown || decision.verdict === "retract" || !this.taken;
    }
    if (type === "conflict" || type === "refused") this.stale = true;
    if (type === "state" && this.board) {
      this.#freshen();
      if (this.paper) {
        this.#renderStrip();
        this.#renderHeld();
      }
    }
  }

  // Tells what the server has to say of a decision, and keeps it in sight until it was read. What stands is another now.
  #notice(words, act, decision) {
    const line = this.isMine(act) ? this.board.get(decision.line) : null;
    const about = line ? this.places.words(this.board.shown(line).segments) : act.title;
    this.notices.push({ words, about: shortened(about, 120) });
    this.stale ||= this.isMine(act);
    this.tell(words);
  }

  #freshen() {
    if (!this.stale || this.mine.length) return;
    this.stale = false;
    this.refresh();
  }

  #renamed(from, to) {
    this.#redraw([from, to]);
    this.offering.rename(from, to);
    if (this.draft?.line === from) this.draft.line = to;
    if (this.focus === from) this.focus = to;
    this.render();
  }

  // Brings what stands on the server, with what has not got there yet on top.
  async refresh() {
    const { sequence } = this;
    const state = await this.session.state().catch(() => null);
    if (!state) return;
    // What was decided while the server answered is not in its answer.
    if (this.mine.length || this.sequence !== sequence) {
      this.stale = true;
      if (!this.mine.length) this.#freshen();
      return;
    }
    const before = new Map([...this.board.lines].map(([name, line]) => [name, JSON.stringify(line)]));
    this.board.renew(state);
    Object.assign(this.state, { assignment: state.assignment, urls: state.urls, guideline_changes: state.guideline_changes });
    this.taken = true;
    drawLease(state);
    const changed = [...this.board.lines].filter(([name, line]) => before.get(name) !== JSON.stringify(line)).map(([name]) => name);
    const gone = [...before.keys()].filter((name) => !this.board.get(name));
    this.#redraw([...changed, ...gone]);
    if (this.focus && this.focus !== NEW && !this.board.get(this.focus)) this.focus = this.board.heads[0]?.line ?? null;
    this.render();
  }

  #choose(held, whose) {
    if (whose === "mine") {
      const versions = Object.fromEntries(held.decisions.map((decision) => [decision.line, held.error?.details?.version ?? this.board.get(decision.line)?.version ?? decision.version]));
      if (held.article === this.state.article) for (const decision of held.decisions) this.#redraw(this.board.apply(decision, this.#at()).map((line) => line.line));
      this.outbox.retry(held.id, versions);
    } else {
      this.outbox.drop(held.id);
      this.refresh();
    }
    this.render();
    this.root.focus({ preventScroll: true });
  }

  // --- commands -----------------------------------------------------------------------------------------------

  // Does what a key or a button asks for; `number` comes with digits, `letter` with what goes to one.
  run(name, number = null, letter = "") {
    this.#inTurn(() => this.#do(name, number, letter));
  }

  // What comes while a list is still on its way from the server waits for it: a number that was meant for the list would
  // otherwise change the label, and a click would have it fall on another line.
  #inTurn(command) {
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
      if (label) this.#addSelected(label.name);
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
      reject: () => this.acts.reject(),
      skip: () => this.acts.skip(),
      retract: () => this.acts.retract(),
      undo: () => this.acts.undo(),
      "accept-paragraph": () => this.acts.acceptParagraph(),
      "accept-above": () => this.acts.acceptAbove(),
      candidate: () => this.#candidate(),
      yield: () => (this.state.urls.keep ? this.pass.giveBack() : null),
    };
    // In a scheme of one's own, the two keys are for its first two relations.
    const { relations } = this.board.scheme;
    const relation = relations.find((one) => one.name === name) ?? relations[["source", "cue"].indexOf(name)];
    if (always[name]) return always[name]();
    if (this.locked) return this.tell("Your pass is submitted; take it up again to change it.");
    if (deciding[name]) return deciding[name]();
    return relation ? this.#link(relation.name) : this.#press({ name, number: digit, letter });
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
      if (event.target.closest("button, a") && ["Enter", " "].includes(event.key)) return;
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
      this.#renderSelection();
    });
    document.addEventListener("mouseup", (event) => {
      const span = this.locked || event.altKey ? null : selectedSpan(this.root);
      if (span) this.#snap(span);
    });
    listenToPointer(this.root, {
      focused: () => (this.locked || !this.shown ? null : this.focus),
      elementsOf: (name) => this.paper.elementsOf(name),
      edge: (edge, place, exact) => this.#drag(edge, place, exact),
      dropped: () => this.tell(shortened(this.places.words(this.shown.segments), 200)),
      clicked: (name, place) => this.#inTurn(() => this.#clicked(name, place)),
    });
    for (const type of ["online", "focus"]) window.addEventListener(type, () => this.outbox.flush());
  }

  #clicked(name, place) {
    const relation = this.offering.listOf(this.draft)?.relation;
    const target = relation && linkable(this.board, relation, this.draft.line).find((line) => line.line === name);
    if (target) {
      this.#lead(relation, this.board.shown(target).segments);
      return;
    }
    if (name && this.board.get(name)) this.go(name);
    this.#setCaret(place);
  }

  // Makes a selection by mouse what it most likely means; with Alt held it stays as it is.
  #snap({ start, end }) {
    const snapped = snap(this.places.text, this.places.units(start), this.places.units(end));
    if (!snapped) return;
    const [from, to] = [this.places.points(snapped.start), this.places.points(snapped.end)];
    if (from === start && to === end) return;
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(this.paper.range(from, to));
  }

  #renderSelection() {
    drawSelection(this.selected, { shown: this.shown, scheme: this.board.scheme }, (name, number) => this.run(name, number), (name) => this.keys.of(name));
  }
}

// Where a reviewer has read to who goes on from a line: its end, or where it began, for what is right in its place.
function leftAt(board, line) {
  const { segments } = board.shown(line);
  return board.stateOf(line) === "kept" ? segments.at(-1)[1] : segments[0][0];
}
