// The workbench: one line has the focus, and each key is an act on it. What was decided is shown at once, kept in the
// browser, and "saved" once the server's receipt is here.
import { snap, step } from "../boundaries.js";
import { commandOf } from "../keys.js";
import { selectedSpan } from "../offsets.js";
import "../lease.js";
import { Board } from "./board.js";
import { element, act as button, shortened } from "./dom.js";
import { Draft } from "./draft.js";
import { Help } from "./help.js";
import { KeyTable } from "./keytable.js";
import { linked, targetsOf } from "./links.js";
import { Outbox } from "./outbox.js";
import { Paper } from "./paint.js";
import { cardOf, heldOf, outlineOf } from "./panel.js";
import { Places } from "./places.js";
import { listenToPointer } from "./pointing.js";
import { newKey, Session } from "./session.js";
import { openStore } from "./store.js";

const NEW = "new";

class Workbench {
  constructor(state) {
    this.state = state;
    this.board = new Board(state);
    this.root = document.getElementById("text");
    this.places = new Places(this.root.textContent, state.length, state.blocks);
    this.session = new Session(state);
    this.store = openStore();
    this.keys = new KeyTable(this.store);
    this.by = "text";
    this.focus = null;
    this.draft = null;
    this.mode = null;
    this.caret = null;
    this.selected = null;
    this.why = false;
    this.offers = null;
    this.sequence = 0;
    this.stale = false;
    this.rightToLeft = getComputedStyle(this.root).direction === "rtl";
    this.draftPlace = `attest.draft/${state.reviewer}/${state.article}/${state.revision}`;
    this.paper = new Paper(this.root, state.blocks, (name) => this.marksOf(name));
    this.outbox = new Outbox({
      storage: this.store.storage,
      reviewer: state.reviewer,
      post: (url, decisions) => this.session.decide(url, decisions),
      standing: (name) => this.board.get(name) ?? null,
      heard: (what) => this.heard(what),
      newKey,
    });
    for (const act of this.mine) for (const decision of act.decisions) this.board.apply(decision, this.#at());
    this.help = new Help(document.getElementById("help"), this.keys, () => this.render());
    this.paper.update([...this.board.lines.keys()]);
    this.#listen();
    this.#start();
  }

  get locked() {
    return this.board.submittedAt !== null;
  }

  get mine() {
    return this.outbox.waiting.filter((act) => act.article === this.state.article && act.revision === this.state.revision);
  }

  get line() {
    return this.focus === null || this.focus === NEW ? null : this.board.get(this.focus);
  }

  // What is said of the line in focus, the change in hand included.
  get shown() {
    return this.draft ?? (this.line ? this.board.shown(this.line) : null);
  }

  #start() {
    const wanted = new URLSearchParams(location.search).get("line");
    const kept = this.store.read(this.draftPlace, null);
    if (wanted && this.board.get(wanted)) this.go(wanted);
    else this.go((this.locked ? this.board.heads[0] : (this.board.nextUndecided(null, this.by) ?? this.board.heads[0]))?.line ?? null);
    if (kept && !this.locked && (kept.line === null || this.board.get(kept.line))) {
      this.focus = kept.line ?? NEW;
      this.#setDraft(new Draft(kept));
    }
    this.root.focus({ preventScroll: true });
    this.outbox.flush();
  }

  // --- drawing ------------------------------------------------------------------------------------------------

  marksOf(name) {
    if (this.draft && name === (this.draft.line ?? NEW)) return { label: this.draft.label, segments: this.draft.segments, state: "draft", tag: this.draft.label };
    if (this.draft && name.startsWith(`${NEW}:`)) {
      const [, relation, number] = name.split(":");
      const link = this.draft.links[relation]?.[Number(number)];
      const kinds = this.board.scheme.relations.find((one) => one.name === relation)?.children;
      return link && !link.line ? { label: kinds[0], segments: link.segments, state: "draft", tag: relation } : null;
    }
    const line = this.board.get(name);
    if (!line) return null;
    const state = this.board.stateOf(line);
    if (state === "dropped" && name !== this.focus) return null;
    const shown = this.board.shown(line);
    return shown ? { label: shown.label, segments: shown.segments, state, tag: shown.label } : null;
  }

  render() {
    const { board, line, shown } = this;
    const emphasis = new Map();
    if (shown) {
      for (const relation of board.scheme.relations) {
        for (const target of linked(board, this.places, this.draft, line, relation.name)) if (target.line) emphasis.set(target.line, "linked");
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
        const targets = linked(board, this.places, this.draft, line, relation.name);
        return [relation.name, targets.map((target) => shortened(target.words, 90)).join("; ") || "none", targets.length ? "" : "none"];
      });
    return {
      line,
      shown,
      board,
      links,
      state: this.draft ? "draft" : board.stateOf(line),
      words: this.places.words(shown.segments),
      mode: this.mode,
      why: this.why,
      whyDrafted: this.draft?.why,
      locked: this.locked,
    };
  }

  #renderStrip() {
    const { suggestions, decided } = this.board.counts;
    const progress = document.getElementById("progress");
    const words = this.locked
      ? `Submitted ${this.board.submittedAt.slice(0, 16).replace("T", " ")}.`
      : suggestions
        ? `${decided} of ${suggestions} suggestions decided`
        : this.board.suggestionsShown
          ? "No suggestions: label what you find, or say that there is nothing."
          : "Suggestions are not shown before you have read: label what you find.";
    progress.replaceChildren(element("span", {}, words), !this.locked && suggestions ? element("progress", { max: suggestions, value: decided, "aria-label": "Suggestions decided" }) : "");
    const { waiting, trouble, lasting } = this.outbox;
    const saved = document.getElementById("saved");
    saved.className = `wb-saved ${trouble ? "failed" : waiting.length ? "" : "saved"}`;
    saved.replaceChildren(...this.#savedWords(waiting.length, trouble, lasting));
    const acts = this.locked
      ? [button("Next article", this.keys.of("submit"), () => this.run("submit"), "default"), button("Take it up again", "", () => this.#reopen(), "at-quiet")]
      : [
          button(this.board.lines.size ? "Submit the pass" : "Read, nothing found: submit", this.keys.of("submit"), () => this.run("submit"), suggestions === decided ? "default" : ""),
          this.state.urls.give_back ? button("Give it back", "", () => this.#giveBack(), "at-quiet") : "",
          button(this.by === "text" ? "By doubt" : "In order", this.keys.of("by-doubt"), () => this.run("by-doubt"), "at-quiet"),
        ];
    acts.push(button("Keys", this.keys.of("help"), () => this.run("help"), "at-quiet"));
    document.getElementById("strip-acts").replaceChildren(...acts.filter(Boolean));
    document.getElementById("keys-hint").textContent = `${this.keys.of("accept")} accept, ${this.keys.of("reject")} reject, ${this.keys.of("skip")} skip, ${this.keys.of("next")} next, ${this.keys.of("help")} all keys.`;
  }

  #savedWords(waiting, trouble, lasting) {
    const kept = lasting ? "kept in this browser" : "kept only as long as this page is open";
    const acts = `${waiting} ${waiting === 1 ? "decision" : "decisions"} ${kept}`;
    if (trouble === "signed out") {
      return [`You are signed out; ${acts}. `, element("a", { href: `/admin/login/?next=${encodeURIComponent(location.pathname)}`, target: "_blank", rel: "noopener" }, "Sign in again"), ", and they are sent."];
    }
    if (trouble === "other person") return [`Somebody else is signed in in this browser; ${acts}. They are sent once you are signed in again.`];
    if (trouble) return [`${trouble === "busy" ? "The server is busy" : "No connection"}; ${acts}, and sent as soon as it can be.`];
    if (waiting) return ["Saving …"];
    return [this.outbox.held.length ? "Something was not saved: see beside the text." : "All saved."];
  }

  #renderOutline() {
    const entries = this.board.order(this.by).map((line) => {
      const shown = this.board.shown(line);
      return { line: line.line, label: shown.label, state: this.board.stateOf(line), words: this.places.words(shown.segments), left: this.board.leftOn(line) };
    });
    const card = this.line ? this.board.cardOf(this.line).line : null;
    const outline = document.getElementById("outline");
    outline.replaceChildren(outlineOf(entries, card, (line) => this.go(line)));
    const here = outline.querySelector(".here");
    if (here) outline.scrollTop = Math.max(0, here.offsetTop - outline.clientHeight / 2);
  }

  #renderLease({ assignment, lease_until: until, urls }) {
    if (!assignment) return;
    const lease = document.getElementById("lease");
    lease.dataset.keep = urls.keep;
    lease.replaceChildren("In your hands until ", element("time", { dateTime: until }, `${until.slice(0, 16).replace("T", " ")} UTC`), "; your work renews it.");
  }

  #renderHeld() {
    const standing = (decision, error) => {
      const line = this.board.get(decision.line);
      if (!line) return error.details?.verdict ?? "nothing";
      const shown = this.board.shown(line);
      return `${error.details?.verdict ?? (line.verdict || "no decision")}${shown ? `: ${shown.label}, ${shortened(this.places.words(shown.segments), 80)}` : ""}`;
    };
    document.getElementById("outbox").replaceChildren(...heldOf(this.outbox.held, standing, this.state.article, (held, whose) => this.#choose(held, whose)));
  }

  tell(words) {
    const live = document.getElementById("live");
    live.textContent = "";
    live.textContent = words;
  }

  // --- the focus ----------------------------------------------------------------------------------------------

  // Looks at a line; a change in hand is committed on the way, so that nothing is lost by looking elsewhere.
  go(name) {
    if (this.draft && name !== this.focus) this.#commit();
    const before = this.focus;
    this.mode = null;
    this.focus = name;
    this.#setCaret(null);
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

  #inner() {
    if (!this.line) return;
    const card = this.board.cardOf(this.line);
    const around = [card, ...this.board.childrenOf(card).map(([, child]) => child)];
    this.go(around[(around.indexOf(this.line) + 1) % around.length].line);
  }

  // The caret is where the engine is asked what may be missing; it is shown in the text.
  #moveCaret(unit, direction) {
    const from = this.caret ?? this.shown?.segments[0][0] ?? 0;
    const text = this.places;
    this.#setCaret(text.points(step(text.text, text.blocks, text.units(from), unit, direction, "start")));
    const block = this.paper.blockAt(this.caret);
    const end = Math.min(block.end, this.caret + 80);
    this.paper.range(this.caret, end).startContainer.parentElement.scrollIntoView({ block: "nearest" });
    this.tell(`Caret before: ${this.places.words([[this.caret, end]])}`);
  }

  #setCaret(place) {
    this.caret = place;
    CSS.highlights?.delete("caret");
    if (place === null || place >= this.places.length) return;
    CSS.highlights?.set("caret", new Highlight(this.paper.range(place, place + 1)));
  }

  #advance() {
    const card = this.line ? this.board.cardOf(this.line) : null;
    const next = this.board.nextUndecided(card, this.by);
    if (next && next !== card) this.go(next.line);
    else {
      this.render();
      if (!this.board.heads.some((head) => this.board.leftOn(head))) this.tell(`All is decided. ${this.keys.of("submit")} submits the pass.`);
    }
  }

  // --- deciding -----------------------------------------------------------------------------------------------

  // Takes decisions as one act: shows what they come to, and hands them to the outbox.
  decide(decisions, told) {
    const at = this.#at();
    const card = new Set();
    const prepared = decisions.map((decision) => {
      const line = this.board.get(decision.line);
      const near = line ? [line.line, ...this.board.childrenOf(line).map(([, child]) => child.line), ...this.board.headsOf(line).map((head) => head.line)] : [];
      const pending = this.outbox.waiting.some((act) => act.decisions.some((other) => near.includes(other.line)));
      return { ...decision, on: line?.on ?? null, version: decision.verdict === "add" ? 0 : pending ? null : line.version };
    });
    for (const decision of prepared) for (const line of this.board.apply(decision, at)) card.add(line.line);
    this.paper.update([...card]);
    this.outbox.add({ url: this.state.urls.reviews, article: this.state.article, revision: this.state.revision, title: document.title, decisions: prepared.map(withoutNames), told });
    this.tell(told);
  }

  #at() {
    // Later than any time of the server's, in the order of the acts.
    this.sequence += 1;
    return `~${String(this.sequence).padStart(9, "0")}`;
  }

  #commit() {
    const draft = this.draft;
    this.#setDraft(null, false);
    if (!draft || !draft.differs(this.board)) return null;
    const name = draft.line ?? `${NEW}-${newKey()}`;
    const decision = draft.decision(name);
    this.decide([decision], `${draft.line ? "Corrected" : "Added"}: ${draft.label}, ${shortened(this.places.words(draft.segments), 80)}`);
    this.focus = name;
    return name;
  }

  #accept() {
    if (this.draft) {
      this.#commit();
      this.#advance();
      return;
    }
    if (!this.line) return;
    if (this.line.said && this.board.stateOf(this.line) !== "kept") this.decide([{ line: this.focus, verdict: "accept" }], this.#about("Accepted"));
    else if (this.line.said && this.line.implied) this.decide([{ line: this.focus, verdict: "accept" }], this.#about("Accepted"));
    this.#advance();
  }

  #reject() {
    if (this.draft) this.#setDraft(null);
    const { line } = this;
    if (!line) return;
    if (!line.said) {
      this.#retract();
      return;
    }
    const reason = line.likely_reason;
    this.decide([{ line: this.focus, verdict: "reject", reason }], this.#about("Rejected"));
    const rejected = this.focus;
    this.#advance();
    const items = this.board.rejectReasons.map(([value, name], index) => ({ number: index + 1, words: name, chosen: value === reason, value }));
    this.mode = { title: "Rejected. Another reason?", items, pick: (item) => this.#rejectAnew(rejected, item), passing: true };
    this.render();
  }

  #rejectAnew(name, item) {
    this.mode = null;
    this.decide([{ line: name, verdict: "reject", reason: item.value }], `Rejected: ${item.words}`);
    this.render();
  }

  #skip() {
    if (this.draft) this.#setDraft(null);
    if (!this.line?.said) return;
    this.decide([{ line: this.focus, verdict: "skip" }], this.#about("Skipped"));
    this.#advance();
  }

  #retract() {
    if (this.draft) this.#setDraft(null);
    if (!this.line?.verdict) return;
    const gone = this.line;
    this.decide([{ line: this.focus, verdict: "retract" }], this.#about("Retracted"));
    if (!gone.said) this.#forget(gone);
    this.render();
  }

  // Something that the reviewer added and took back is nothing any more.
  #forget(line) {
    const next = this.board.nextUndecided(line, this.by) ?? this.board.heads.find((head) => head !== line);
    this.board.forget(line.line);
    this.paper.update([line.line]);
    this.focus = next?.line ?? null;
  }

  #undo() {
    if (this.draft) {
      this.#setDraft(null);
      this.render();
      return;
    }
    const lines = this.board.lastDecided;
    if (!lines.length) {
      this.tell("There is nothing to undo.");
      return;
    }
    this.decide(lines.map((line) => ({ line: line.line, verdict: "retract" })), lines.length === 1 ? `Undone: ${this.board.shown(lines[0]) ? "" : ""}${lines[0].said?.label ?? "addition"}` : `Undone: ${lines.length} decisions`);
    for (const line of lines) if (!line.said) this.#forget(line);
    if (lines[0].said) this.go(lines[0].line);
    else this.render();
  }

  #about(done) {
    const { shown } = this;
    return `${done}: ${shown.label}, ${shortened(this.places.words(shown.segments), 80)}`;
  }

  #acceptMany(wanted, told) {
    const lines = this.board.heads.filter((head) => head.said && !head.verdict && wanted(head));
    if (!lines.length) {
      this.tell("Nothing is left there.");
      return;
    }
    this.decide(lines.map((line) => ({ line: line.line, verdict: "accept" })), `${lines.length} accepted ${told}`);
    this.#advance();
  }

  #acceptParagraph() {
    if (!this.shown) return;
    const block = this.paper.blockAt(this.shown.segments[0][0]);
    const within = (head) => this.paper.blockAt(head.said.segments[0][0]) === block;
    this.#acceptMany(within, "in this paragraph");
  }

  #acceptAbove() {
    const scores = this.board.heads.filter((head) => head.said && !head.verdict && head.score !== null);
    const items = [0.95, 0.9, 0.8, 0.7, 0.5].map((least, index) => {
      const count = scores.filter((head) => head.score >= least).length;
      return { number: index + 1, words: `${least.toFixed(2)} and above: ${count}`, least };
    });
    this.mode = { title: "Accept all that is left with a score of", items, pick: (item) => { this.mode = null; this.#acceptMany((head) => head.score !== null && head.score >= item.least, `with ${item.least} and above`); } };
    this.render();
  }

  // --- changing -----------------------------------------------------------------------------------------------

  #setDraft(draft, draw = true) {
    const names = this.#draftNames();
    this.draft = draft;
    this.store.write(this.draftPlace, draft);
    if (!draft && this.focus === NEW) this.focus = null;
    const line = this.line ? [this.focus] : [];
    if (draw || names.length) this.paper.update([...new Set([...names, ...this.#draftNames(), ...line])]);
  }

  #draftNames() {
    if (!this.draft) return [];
    const names = [this.draft.line ?? NEW];
    for (const [relation, links] of Object.entries(this.draft.links)) links.forEach((link, number) => { if (!link.line) names.push(`${NEW}:${relation}:${number}`); });
    return names;
  }

  // Changes what is in focus: `change` gets the draft, and the text shows what became of it.
  #change(change) {
    if (!this.shown || this.locked) return false;
    const names = this.#draftNames();
    const draft = new Draft(this.draft ?? { line: this.focus, ...this.shown });
    change(draft);
    const empty = draft.line && !draft.differs(this.board);
    this.#setDraft(empty ? null : draft);
    this.paper.update(names);
    this.render();
    return true;
  }

  #moveEdge(edge, unit, direction) {
    this.#change((draft) => {
      const from = this.places.units(edge === "start" ? draft.start : draft.end);
      const to = this.places.points(step(this.places.text, this.places.blocks, from, unit, direction, edge));
      if (edge === "start") draft.moveStart(to);
      else draft.moveEnd(to);
    });
    this.#show();
    this.tell(shortened(this.places.words(this.shown.segments), 200));
  }

  #drag(edge, place, exact) {
    this.#change((draft) => {
      let to = place;
      if (!exact) {
        const unit = this.places.units(place);
        const back = this.places.points(step(this.places.text, this.places.blocks, unit, "word", -1, edge));
        const on = this.places.points(step(this.places.text, this.places.blocks, unit, "word", 1, edge));
        to = place - back < on - place ? back : on;
      }
      if (edge === "start") draft.moveStart(to);
      else draft.moveEnd(to);
    });
  }

  #label(number) {
    const label = this.board.scheme.labels[number - 1]?.name;
    if (!label) return;
    if (this.selected) this.#addSelected(label);
    else this.#change((draft) => draft.relabel(label, this.board.scheme));
  }

  #type(number) {
    if (!this.shown) return;
    const known = Object.entries(this.board.scheme.labels.find((one) => one.name === this.shown.label)?.attributes ?? {});
    const values = known.flatMap(([name, all]) => all.map((value) => [name, value]));
    const chosen = values[number - 1];
    if (chosen) this.#change((draft) => { draft.attributes = { ...draft.attributes, [chosen[0]]: chosen[1] }; });
  }

  // Adds what is selected: at once, so that nothing is lost; its source and cue can follow.
  #addSelected(label) {
    const { start, end } = this.selected;
    if (this.draft) this.#commit();
    document.getSelection().removeAllRanges();
    this.selected = null;
    this.focus = NEW;
    this.draft = new Draft({ label, segments: [[start, end]] });
    const name = this.#commit();
    this.go(name);
  }

  #segment(adding) {
    if (adding && this.selected) {
      const { start, end } = this.selected;
      document.getSelection().removeAllRanges();
      this.#change((draft) => draft.addSegment(start, end));
    } else if (!adding) this.#change((draft) => draft.removeSegment(this.caret));
  }

  // --- links --------------------------------------------------------------------------------------------------

  #link(relation) {
    if (!this.shown || this.locked) return;
    if (!this.board.scheme.relations.some((one) => one.name === relation && one.heads.includes(this.shown.label))) {
      this.tell(`A ${this.shown.label} has no ${relation}.`);
      return;
    }
    const head = { line: this.line?.line ?? null, segments: this.shown.segments };
    const offers = this.offers?.mentions ?? [];
    if (this.selected) {
      const { start, end } = this.selected;
      document.getSelection().removeAllRanges();
      this.#lead(relation, [{ annotation: null, line: null, segments: [[start, end]] }]);
      return;
    }
    const targets = targetsOf(this.board, this.places, head, relation, offers);
    const now = linked(this.board, this.places, this.draft, this.line, relation)[0];
    const at = now ? targets.findIndex((target) => same(target, now)) : -1;
    const next = targets[(at + 1) % Math.max(targets.length, 1)];
    if (next) this.#lead(relation, [next]);
    this.#offerLinks(relation, targets.slice(0, 9), next);
  }

  #lead(relation, targets) {
    this.#change((draft) => {
      draft.links = { ...draft.links, [relation]: targets.map(({ annotation, line, segments }) => ({ annotation, line, segments })) };
      if (targets.length) draft.reason = "";
    });
    const words = targets.map((target) => this.places.words(target.segments)).join(", ");
    this.tell(`${relation}: ${words || "none"}`);
  }

  #offerLinks(relation, targets, chosen) {
    const items = targets.map((target, index) => ({ number: index + 1, words: target.words, chosen: target === chosen, target }));
    items.push({ number: 0, words: `no ${relation} in the text`, none: true });
    const pick = (item) => {
      if (item.none) {
        this.#lead(relation, []);
        this.#offerAbsences(relation);
      } else {
        this.#lead(relation, [item.target]);
        this.#offerLinks(relation, targets, item.target);
      }
    };
    this.mode = { title: `Which ${relation}? Its number, a click on it, or selected words and the same key.`, relation, items, pick };
    this.render();
  }

  #offerAbsences(relation) {
    const items = this.board.absences.map(([value, words], index) => ({ number: index + 1, words, value }));
    const pick = (item) => {
      this.#change((draft) => { draft.reason = item.value; });
      this.mode = null;
      this.render();
    };
    this.mode = { title: `Why is there no ${relation}?`, items, pick };
    this.render();
  }

  // --- what the engine offers ---------------------------------------------------------------------------------

  async #candidates() {
    this.offers ??= await this.session.candidates().catch(() => null);
    return this.offers;
  }

  // The engine's best candidate at the caret, and with each further key the next one.
  async #candidate() {
    if (!(await this.#candidates())) {
      this.tell("There are no candidates here.");
      return;
    }
    const place = this.caret ?? (this.shown ? this.shown.segments[this.shown.segments.length - 1][1] : 0);
    const ranked = this.offered?.place === place ? this.offered : { place, at: -1, all: this.#around(place) };
    if (!ranked.all.length) {
      this.tell("There is no candidate here.");
      return;
    }
    ranked.at = (ranked.at + 1) % ranked.all.length;
    if (this.draft && this.focus !== NEW) this.#commit();
    const before = this.#draftNames();
    this.focus = NEW;
    this.#setDraft(new Draft({ line: null, ...ranked.all[ranked.at] }));
    this.paper.update(before);
    this.offered = ranked;
    this.#setCaret(place);
    this.render();
    this.#show();
    this.tell(this.#spoken());
  }

  #around(place) {
    const taken = new Set([...this.board.lines.values()].map((line) => JSON.stringify([this.board.shown(line)?.label, this.board.shown(line)?.segments])));
    return this.offers.at(place).filter((offer) => !taken.has(JSON.stringify([offer.label, offer.segments])));
  }

  async #alternative() {
    if (!this.shown || !(await this.#candidates())) return;
    const own = this.line ? (this.line.said ?? this.line.kept) : this.shown;
    const all = [own, ...this.offers.alternativesOf(own)];
    const at = all.findIndex((one) => JSON.stringify(one.segments) === JSON.stringify(this.shown.segments));
    const next = all[(at + 1) % all.length];
    this.#change((draft) => { draft.segments = next.segments.map((pair) => [...pair]); });
    this.#show();
    this.tell(shortened(this.places.words(next.segments), 200));
  }

  // --- the pass -----------------------------------------------------------------------------------------------

  async #submit() {
    if (this.draft) this.#commit();
    if (this.locked) {
      await this.#takeNext();
      return;
    }
    await this.outbox.flush();
    if (this.mine.length || this.outbox.held.length) {
      this.tell("Not submitted: something has not reached the server yet.");
      return;
    }
    const { status, body } = await this.session.submit().catch(() => ({ status: 0, body: { message: "No connection; the pass is not submitted." } }));
    if (status !== 200) {
      this.tell(body.message);
      document.getElementById("strip-acts").prepend(element("span", { class: "at-note failed", role: "alert" }, body.message));
      const left = this.board.heads.find((head) => this.board.leftOn(head));
      if (left && left !== this.line) this.go(left.line);
      return;
    }
    if (this.state.assignment && this.state.assignment !== "none") await this.#takeNext();
    else await this.refresh();
  }

  async #takeNext() {
    const { status, body } = await this.session.take().catch(() => ({ status: 0 }));
    if (status === 201) {
      location.assign(this.session.addressOf(body));
      return;
    }
    await this.refresh();
    this.tell(status === 204 ? "Submitted. No article waits for you now." : (body?.message ?? "Submitted. The next article cannot be fetched now."));
    document.getElementById("progress").append(" ", status === 204 ? "No article waits for you now." : (body?.message ?? ""));
  }

  async #reopen() {
    const { status, body } = await this.session.reopen().catch(() => ({ status: 0 }));
    if (status === 200) location.reload();
    else this.tell(body?.message ?? "No connection.");
  }

  async #giveBack() {
    if (this.draft) this.#commit();
    await this.outbox.flush();
    const { status, body } = await this.session.giveBack().catch(() => ({ status: 0 }));
    if (status === 200) location.assign("/admin/");
    else this.tell(body?.message ?? "No connection.");
  }

  // --- the server's answers -----------------------------------------------------------------------------------

  heard({ type, act, decision, body }) {
    const mine = act?.article === this.state.article && act?.revision === this.state.revision;
    if (type === "receipt" && mine) {
      const name = decision.line;
      const known = this.board.get(name);
      const unknown = this.board.receive(name, body);
      if (known && name !== body.line) this.#renamed(name, body.line);
      // A retraction lets an earlier decision count again, and the first decision takes the article.
      this.stale ||= unknown || decision.verdict === "retract" || !this.state.assignment;
    }
    if (type === "conflict" || type === "refused") this.stale = true;
    if (type === "state" && this.board) {
      if (this.stale && !this.mine.length) {
        this.stale = false;
        this.refresh();
      }
      if (this.paper) {
        this.#renderStrip();
        this.#renderHeld();
      }
    }
  }

  #renamed(from, to) {
    this.paper.update([from, to]);
    if (this.draft?.line === from) this.draft.line = to;
    if (this.focus === from) {
      this.focus = to;
      this.render();
    }
  }

  // Brings what stands on the server, with what has not got there yet on top.
  async refresh() {
    const state = await this.session.state().catch(() => null);
    if (!state || this.mine.length) return;
    const before = new Map([...this.board.lines].map(([name, line]) => [name, JSON.stringify(line)]));
    this.board.renew(state);
    Object.assign(this.state, { assignment: state.assignment ?? "none", urls: state.urls });
    this.#renderLease(state);
    const changed = [...this.board.lines].filter(([name, line]) => before.get(name) !== JSON.stringify(line)).map(([name]) => name);
    const gone = [...before.keys()].filter((name) => !this.board.get(name));
    this.paper.update([...changed, ...gone]);
    if (this.focus && this.focus !== NEW && !this.board.get(this.focus)) this.focus = this.board.heads[0]?.line ?? null;
    this.render();
  }

  #choose(held, whose) {
    if (whose === "mine") {
      const versions = Object.fromEntries(held.decisions.map((decision) => [decision.line, held.error?.details?.version ?? this.board.get(decision.line)?.version ?? decision.version]));
      if (held.article === this.state.article) for (const decision of held.decisions) this.paper.update(this.board.apply(decision, this.#at()).map((line) => line.line));
      this.outbox.retry(held.id, versions);
    } else {
      this.outbox.drop(held.id);
      this.refresh();
    }
    this.render();
    this.root.focus({ preventScroll: true });
  }

  // --- commands -----------------------------------------------------------------------------------------------

  // Does what a key or a button asks for. `number` comes with digits.
  run(name, number = null) {
    if (name === "choose" || ((name === "number" || name === "none") && this.mode && !this.selected)) {
      const item = this.mode?.items.find((one) => one.number === (number ?? 0));
      if (item) this.mode.pick(item);
      return;
    }
    if (this.mode && (this.mode.passing || !["source", "cue"].includes(name))) this.mode = null;
    const edge = /^(start|end)-(forward|back)-(\w+)$/.exec(name);
    if (edge) {
      if (!this.locked) this.#moveEdge(edge[1], edge[3], edge[2] === "forward" ? 1 : -1);
      return;
    }
    const caret = /^caret-(forward|back)(-paragraph)?$/.exec(name);
    if (caret) {
      this.#moveCaret(caret[2] ? "paragraph" : "sentence", caret[1] === "forward" ? 1 : -1);
      return;
    }
    const always = {
      next: () => this.#move(1),
      previous: () => this.#move(-1),
      "next-undecided": () => this.#advance(),
      inner: () => this.#inner(),
      why: () => { this.why = !this.why; this.render(); },
      help: () => this.help.open(),
      submit: () => this.#submit(),
      "by-doubt": () => { this.by = this.by === "text" ? "doubt" : "text"; this.render(); },
      search: () => this.#search(),
      cancel: () => { this.#setDraft(null); if (this.focus === null) this.focus = this.board.heads[0]?.line ?? null; this.render(); },
    };
    const deciding = {
      accept: () => this.#accept(),
      reject: () => this.#reject(),
      skip: () => this.#skip(),
      retract: () => this.#retract(),
      undo: () => this.#undo(),
      "accept-paragraph": () => this.#acceptParagraph(),
      "accept-above": () => this.#acceptAbove(),
      number: () => this.#label(number),
      type: () => this.#type(number),
      "add-segment": () => this.#segment(true),
      "remove-segment": () => this.#segment(false),
      candidate: () => this.#candidate(),
      alternative: () => this.#alternative(),
      none: () => this.#lead(this.board.scheme.relations[0]?.name, []),
      yield: () => this.#offerAbsences(this.board.scheme.relations[0]?.name),
    };
    // In a scheme of one's own, the two keys are for its first two relations.
    const relations = this.board.scheme.relations;
    const relation = relations.find((one) => one.name === name) ?? relations[["source", "cue"].indexOf(name)];
    if (always[name]) always[name]();
    else if (!this.locked && deciding[name]) deciding[name]();
    else if (!this.locked && relation) this.#link(relation.name);
  }

  // --- listening ----------------------------------------------------------------------------------------------

  #listen() {
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || event.isComposing || event.target.closest("input, textarea, select, dialog")) return;
      if (event.target.closest("button, a") && ["Enter", " "].includes(event.key)) return;
      const found = commandOf(event, this.keys.table, { rightToLeft: this.rightToLeft });
      if (!found) return;
      // Arrows with a selection in hand go on selecting.
      if (this.selected && event.shiftKey && event.key.startsWith("Arrow")) return;
      event.preventDefault();
      this.run(found.name, found.number);
    });
    document.addEventListener("selectionchange", () => {
      const span = this.locked ? null : selectedSpan(this.root);
      this.selected = span;
      this.#renderSelection();
    });
    document.addEventListener("mouseup", (event) => {
      if (this.selected && !event.altKey && this.root.contains(event.target)) this.#snapSelection();
    });
    listenToPointer(this.root, {
      focused: () => (this.locked || !this.shown ? null : this.focus),
      elementsOf: (name) => this.paper.elementsOf(name),
      edge: (edge, place, exact) => this.#drag(edge, place, exact),
      dropped: () => this.tell(shortened(this.places.words(this.shown.segments), 200)),
      clicked: (name, place) => this.#clicked(name, place),
    });
    for (const type of ["online", "focus"]) window.addEventListener(type, () => this.outbox.flush());
  }

  #clicked(name, place) {
    if (this.mode?.relation && name && this.board.get(name)) {
      const target = this.mode.items.find((item) => item.target?.line === name);
      const line = this.board.get(name);
      const relation = this.mode.relation;
      if (target) this.mode.pick(target);
      else if (this.board.scheme.relations.find((one) => one.name === relation).children.includes(this.board.shown(line).label)) this.#lead(relation, [{ annotation: line.on, line: name, segments: this.board.shown(line).segments }]);
      return;
    }
    if (name && this.board.get(name)) this.go(name);
    this.#setCaret(place);
  }

  #snapSelection() {
    const { start, end } = this.selected;
    const snapped = snap(this.places.text, this.places.units(start), this.places.units(end));
    if (!snapped) return;
    const [from, to] = [this.places.points(snapped.start), this.places.points(snapped.end)];
    if (from === start && to === end) return;
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(this.paper.range(from, to));
  }

  #renderSelection() {
    let bar = document.getElementById("selection");
    if (!this.selected) {
      bar?.remove();
      return;
    }
    if (!bar) {
      bar = element("div", { id: "selection", class: "at-selection", role: "group", "aria-label": "Label what is selected", onmousedown: (event) => event.preventDefault() });
      document.getElementById("panel").before(bar);
    }
    const labels = this.board.scheme.labels.map((label, index) => button(label.name, String(index + 1), () => this.run("number", index + 1), "at-small"));
    const further = this.shown ? button("add to it", this.keys.of("add-segment"), () => this.run("add-segment"), "at-small at-quiet") : null;
    const links = this.shown
      ? this.board.scheme.relations
          .filter((relation) => relation.heads.includes(this.shown.label))
          .map((relation) => button(`its ${relation.name}`, this.keys.of(relation.name), () => this.run(relation.name), "at-small at-quiet"))
      : [];
    bar.replaceChildren(element("q", { dir: "auto" }, shortened(this.selected.surface, 160)), element("div", { class: "at-row" }, labels, further, links));
  }

  // --- searching ----------------------------------------------------------------------------------------------

  #search() {
    if (document.getElementById("search")) {
      document.getElementById("search-words").focus();
      return;
    }
    const close = () => {
      document.getElementById("search")?.remove();
      CSS.highlights?.delete("found");
      this.root.focus({ preventScroll: true });
    };
    let at = -1;
    const find = (again) => {
      const words = input.value.toLocaleLowerCase();
      const text = this.places.text.toLocaleLowerCase();
      const found = [];
      if (words && text.length === this.places.text.length) for (let from = text.indexOf(words); from >= 0 && found.length < 1_000; from = text.indexOf(words, from + 1)) found.push(from);
      at = again ? (at + 1) % Math.max(found.length, 1) : 0;
      count.textContent = words ? (found.length ? `${at + 1} of ${found.length}` : "not found") : "";
      const ranges = found.map((from) => this.paper.range(this.places.points(from), this.places.points(from + words.length)));
      CSS.highlights?.set("found", new Highlight(...ranges));
      if (!found.length) return;
      ranges[at].startContainer.parentElement.scrollIntoView({ block: "center" });
      this.#setCaret(this.places.points(found[at]));
    };
    const input = element("input", { id: "search-words", type: "search", autocomplete: "off", oninput: () => find(false), onkeydown: (event) => {
      if (event.key === "Enter") find(true);
      if (event.key === "Escape") close();
    } });
    const count = element("span", { role: "status" });
    document.getElementById("strip").append(element("div", { id: "search", class: "wb-search", role: "search" }, element("label", { for: "search-words" }, "Find in the text"), input, count, element("button", { type: "button", class: "button at-quiet", onclick: close }, "Close")));
    input.focus();
  }
}

function same(target, other) {
  return target.line && other.line ? target.line === other.line : JSON.stringify(target.segments) === JSON.stringify(other.segments);
}

// What the API takes of a decision's links; the names of lines are this side's own.
function withoutNames(decision) {
  if (!decision.links) return decision;
  return { ...decision, links: Object.fromEntries(Object.entries(decision.links).map(([relation, links]) => [relation, links])) };
}

new Workbench(JSON.parse(document.getElementById("state").textContent));
