// What stands on the page: the labels in the text, the card of the line in focus, the outline, the strip, and what is
// held back. It reads what the workbench knows, and changes none of it.
import { painted, shortened } from "./dom.js";
import { draftOfLine, linkedBy, NEW } from "./drafting.js";
import { marksOn } from "./paint.js";
import { cardOf, heldOf, noticesOf, Outline } from "./panel.js";
import { drawSelection } from "./selection.js";
import { drawStrip } from "./strip.js";

// So many of what is left of a paragraph are listed on the card.
const LISTED = 8;

export class Drawing {
  constructor(workbench) {
    this.workbench = workbench;
    this.outlining = null;
    // So many corrections stand on the card.
    this.correctionsShown = 0;
    const go = (name) => workbench.inTurn(() => workbench.board.get(name) && workbench.go(name));
    this.outline = new Outline(document.getElementById("outline"), (name) => this.#entryOf(name), go);
  }

  marksOf(name) {
    const { workbench } = this;
    const { draft, board, places } = workbench;
    if (draft && name === (draft.line ?? NEW)) return { label: draft.label, segments: places.spanPoints(draft.segments), state: "draft", tag: draft.label };
    if (draft && name.startsWith(`${NEW}:`)) {
      const relation = name.slice(NEW.length + 1);
      const kinds = board.scheme.relations.find((one) => one.name === relation).children;
      const span = draft.links[relation];
      return span ? { label: kinds[0], segments: places.spanPoints(span), state: "draft", tag: relation } : null;
    }
    return marksOn(board, name, { dropped: name === workbench.focus });
  }

  // The names under which the change in hand is drawn: itself, and what it would lead to that is not there yet.
  draftNames() {
    const { workbench } = this;
    if (!workbench.draft) return [];
    const fresh = Object.keys(workbench.draft.links).filter((relation) => linkedBy(workbench.board, workbench.places, null, workbench.draft, relation).some((target) => target.line === null));
    return [workbench.draft.line ?? NEW, ...fresh.map((relation) => `${NEW}:${relation}`)];
  }

  // Draws lines anew, in the text and beside it, that have changed on the board.
  redraw(names) {
    const { workbench } = this;
    workbench.paper.update(names);
    this.outline.touch(names.flatMap((name) => [name, workbench.board.get(name) && workbench.board.cardOf(workbench.board.get(name)).line]));
  }

  render() {
    const { workbench } = this;
    const { board, line, shown } = workbench;
    const emphasis = new Map();
    if (shown) {
      for (const relation of board.scheme.relations) {
        for (const target of linkedBy(board, workbench.places, line, workbench.draft, relation.name)) if (target.line) emphasis.set(target.line, "linked");
      }
      for (const name of this.draftNames()) if (name !== NEW) emphasis.set(name, "linked");
      if (line) for (const head of board.headsOf(line)) emphasis.set(head.line, "linked");
      emphasis.set(workbench.focus, "here");
    }
    workbench.paper.emphasise(emphasis);
    const view = this.#view();
    this.correctionsShown = view?.corrections.length ?? 0;
    document.getElementById("panel").replaceChildren(...cardOf(view, (name, number) => workbench.run(name, number), (name) => workbench.keys.of(name)).filter(Boolean));
    this.renderStrip();
    this.renderOutline();
    this.renderHeld();
  }

  #view() {
    const { workbench } = this;
    const { board, line, shown } = workbench;
    if (!shown) return null;
    const left = workbench.acts.leftInParagraph();
    return {
      line,
      shown,
      board,
      links: this.#links(),
      state: workbench.draft ? "draft" : board.stateOf(line),
      words: workbench.places.words(shown.segments),
      mode: workbench.mode ?? workbench.offering.listOf(workbench.draft),
      why: workbench.why,
      due: line && !workbench.draft ? board.dueAt(line) : [],
      changes: workbench.state.guideline_changes,
      whyDrafted: workbench.draft?.why,
      locked: workbench.locked,
      open: line ? workbench.state.comments[line.line] : 0,
      corrections: this.#corrections(),
      left: left.map((head) => head.line),
      listed: left.slice(0, LISTED).map((head) => this.#summaryOf(head)),
    };
  }

  // What the line in focus leads to, as [relation, words, how it is drawn].
  #links() {
    const { board, draft, line, places, shown } = this.workbench;
    return board.scheme.relations
      .filter((relation) => relation.heads.includes(shown.label))
      .map((relation) => {
        const targets = linkedBy(board, places, line, draft, relation.name);
        const moving = draft?.part === relation.name ? "moving" : "";
        return [relation.name, targets.map((target) => shortened(places.words(target.segments), 90)).join("; ") || "none", targets.length ? moving : "none"];
      });
  }

  // Draws the card anew where something to take has come since; whoever has gone to one of its buttons keeps their place.
  addOffers() {
    const { draft } = this.workbench;
    if ((draft?.list || this.#corrections().length) && !document.getElementById("panel").contains(document.activeElement)) this.render();
  }

  // Of what is still to decide and in nobody's hand, but for what was just offered as missing.
  #corrections() {
    const { board, draft, line, offering, places } = this.workbench;
    if (draft) return offering.isAsTaken(draft) ? offering.correctionsOf(draft) : [];
    return line?.said && !line.verdict ? offering.correctionsOf(draftOfLine(board, places, line)) : [];
  }

  // A suggestion with all that accepting it keeps along, in a line.
  #summaryOf(head) {
    const { board, places } = this.workbench;
    const links = board.childrenOf(head).map(([relation, child]) => `${relation}: ${shortened(places.words(board.shown(child).segments), 60)}`);
    const open = board.scheme.relations.filter(({ name, heads }) => heads.includes(head.said.label) && !head.links[name]?.length).map(({ name }) => `no ${name}`);
    const values = Object.values(head.said.attributes);
    return { name: head.line, label: head.said.label, words: places.words(head.said.segments), about: [...values, ...links, ...open].join(" · ") };
  }

  renderStrip() {
    const { workbench } = this;
    const keyOf = (name) => workbench.keys.of(name);
    const run = (name) => workbench.run(name);
    drawStrip({ board: workbench.board, outbox: workbench.outbox, by: workbench.by, acts: workbench.pass.buttons(run, keyOf) }, run, keyOf);
  }

  // The text and the card come first: the outline follows once they are painted.
  renderOutline() {
    const { workbench } = this;
    const { root } = this.outline;
    root.setAttribute("aria-busy", "true");
    this.outlining ??= painted().then(() => {
      this.outlining = null;
      const card = workbench.line ? workbench.board.cardOf(workbench.line).line : null;
      this.outline.render(workbench.search.among(workbench.board.order(workbench.by), (head) => this.#saidOf(head)), card);
      root.removeAttribute("aria-busy");
    });
  }

  // All words that a card can be found by: its labels, its own words and those of its source and cue, how it stands.
  #saidOf(head) {
    const { board, places } = this.workbench;
    const lines = [head, ...board.childrenOf(head).map(([, child]) => child)];
    const words = lines.flatMap((line) => {
      const shown = board.shown(line);
      return [shown.label, ...Object.values(shown.attributes), places.words(shown.segments), line.why];
    });
    return [...words, head.verdict || "to decide"].join("\n");
  }

  #entryOf(name) {
    const { workbench } = this;
    const line = workbench.board.get(name);
    const shown = workbench.board.shown(line);
    return { label: shown.label, state: workbench.board.stateOf(line), words: workbench.places.words(shown.segments), left: workbench.board.leftOn(line) };
  }

  renderHeld() {
    const { workbench } = this;
    const standing = (decision, error) => {
      const line = workbench.board.get(decision.line);
      if (!line) return error.details?.verdict ?? "nothing";
      const shown = workbench.board.shown(line);
      return `${error.details?.verdict ?? (line.verdict || "no decision")}${shown ? `: ${shown.label}, ${shortened(workbench.places.words(shown.segments), 80)}` : ""}`;
    };
    const read = (notice) => {
      workbench.answers.notices = workbench.answers.notices.filter((other) => other !== notice);
      this.renderHeld();
      workbench.root.focus({ preventScroll: true });
    };
    document.getElementById("outbox").replaceChildren(...noticesOf(workbench.answers.notices, read), ...heldOf(workbench.outbox.held, standing, workbench.state.article, (held, whose) => workbench.answers.choose(held, whose)));
  }

  tell(words) {
    const live = document.getElementById("live");
    live.textContent = "";
    live.textContent = words;
  }

  show() {
    const { workbench } = this;
    if (!workbench.shown) return;
    const marks = workbench.paper.elementsOf(workbench.focus);
    marks[marks.length - 1]?.scrollIntoView({ block: "nearest" });
    marks[0]?.scrollIntoView({ block: "nearest" });
  }

  spoken() {
    const { workbench } = this;
    const { shown, line, board } = workbench;
    if (!shown) return "Nothing is labelled here.";
    const heads = board.order(workbench.by);
    const card = line ? heads.indexOf(board.cardOf(line)) + 1 : 0;
    const links = this.#links().map(([relation, words]) => `${relation}: ${words}`).join(", ");
    const where = card ? `${card} of ${heads.length}. ` : "";
    const how = line ? { suggested: "to decide", kept: "kept", skipped: "skipped", dropped: "rejected" }[board.stateOf(line)] : "";
    return `${where}${[shown.label, ...Object.values(shown.attributes)].join(", ")}, ${how}: ${shortened(workbench.places.words(shown.segments), 200)}. ${links}`;
  }

  renderSelection() {
    const { workbench } = this;
    drawSelection(workbench.selected, { shown: workbench.shown, scheme: workbench.board.scheme }, (name, number) => workbench.run(name, number), (name) => workbench.keys.of(name));
  }
}
