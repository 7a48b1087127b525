// What keys, mouse and selected words do to the line in focus: the change in hand, and what the engine offers for it.
// It is no decision until the workbench commits it.
import { step } from "../boundaries.js";
import { press } from "../correcting.js";
import { shortened } from "./dom.js";
import { draftOfLine, draftOfNew, NEW } from "./drafting.js";

export class Changing {
  constructor(workbench) {
    this.workbench = workbench;
  }

  // Does to what is in focus what a key asks for; a draft that changes nothing is none. Tells whether anything changed.
  async press(command) {
    const { workbench } = this;
    if (!workbench.shown || workbench.locked) return false;
    if (["source", "cue", "alternative", "correction", "other-correction"].includes(command.name)) await workbench.offering.ask(workbench.line?.line);
    const draft = workbench.draft ?? draftOfLine(workbench.board, workbench.places, workbench.line);
    const selection = workbench.selected && { start: workbench.places.units(workbench.selected.start), end: workbench.places.units(workbench.selected.end) };
    const changed = press(draft, command, { ...this.#page(draft), selection });
    if (changed === draft) {
      workbench.tell("Nothing to change there.");
      return false;
    }
    if (command.name === "add-segment" && selection) document.getSelection().removeAllRanges();
    workbench.mode = null;
    workbench.setDraft(changed);
    if (command.name === "none") this.#offerAbsences();
    workbench.render();
    workbench.tell(this.#spokenChange(draft, changed));
    workbench.drawing.show();
    return true;
  }

  #page(draft) {
    const { workbench } = this;
    const { places, board } = workbench;
    return { text: places.text, blocks: places.blocks, labels: board.scheme.labels, choices: workbench.offering.choicesFor(draft) };
  }

  #spokenChange(before, after) {
    const { workbench } = this;
    const words = (span) => (span ? shortened(workbench.places.words(workbench.places.spanPoints(span)), 200) : "none");
    if (after.label !== before.label) return after.label;
    if (JSON.stringify(after.attributes) !== JSON.stringify(before.attributes) && after.segments === before.segments) return Object.values(after.attributes).join(", ") || "none";
    if (after.part !== "self") return `${after.part}: ${words(after.links[after.part])}`;
    return words(after.segments);
  }

  // Moves an edge to where the mouse let go of it: between words, or with Alt held to the very character.
  drag(edge, place, exact) {
    const { workbench } = this;
    const draft = workbench.draft ?? draftOfLine(workbench.board, workbench.places, workbench.line);
    const segments = draft.segments.map((pair) => [...pair]);
    let unit = workbench.places.units(place);
    if (!exact) {
      const [back, on] = [-1, 1].map((direction) => step(workbench.places.text, workbench.places.blocks, unit, "word", direction, edge));
      unit = unit - back < on - unit ? back : on;
    }
    if (edge === "start" && unit < segments[0][1]) segments[0][0] = unit;
    if (edge === "end" && unit > segments[segments.length - 1][0]) segments[segments.length - 1][1] = unit;
    workbench.setDraft({ ...draft, segments, list: null, part: "self" });
    workbench.render();
  }

  // Adds what is selected: at once, so that nothing is lost; its source and cue can follow.
  addSelected(label) {
    const { workbench } = this;
    const { start, end } = workbench.selected;
    workbench.commit();
    document.getSelection().removeAllRanges();
    workbench.selected = null;
    const before = workbench.focus;
    workbench.setDraft(draftOfNew(workbench.board, workbench.places, { label, segments: [[start, end]] }));
    const name = workbench.commit();
    workbench.focus = before;
    workbench.go(name);
  }

  // Takes the selected words, or a line that was pointed at, as what a relation leads to.
  lead(relation, segments) {
    const { workbench } = this;
    const draft = workbench.draft ?? draftOfLine(workbench.board, workbench.places, workbench.line);
    workbench.setDraft({ ...draft, links: { ...draft.links, [relation]: workbench.places.spanUnits(segments) }, part: relation, segment: null, list: null });
    workbench.render();
    workbench.tell(`${relation}: ${workbench.places.words(segments)}`);
  }

  async link(relation) {
    const { workbench } = this;
    if (!workbench.shown) return;
    if (!workbench.board.scheme.relations.some((one) => one.name === relation && one.heads.includes(workbench.shown.label))) {
      workbench.tell(`A ${workbench.shown.label} has no ${relation}.`);
    } else if (workbench.selected) {
      const { start, end } = workbench.selected;
      document.getSelection().removeAllRanges();
      this.lead(relation, [[start, end]]);
    } else await this.press({ name: relation, number: null });
  }

  #offerAbsences() {
    const { workbench } = this;
    if (!workbench.draft) return;
    const items = workbench.board.absences.map(([value, words], index) => ({ number: index + 1, words, value }));
    const pick = (item) => {
      workbench.setDraft({ ...workbench.draft, reason: item.value });
      workbench.mode = null;
      workbench.render();
      workbench.tell(item.words);
    };
    workbench.mode = { title: "Why is there none?", items, pick };
    workbench.render();
  }

  // The engine's best candidate from the caret on, and with each further key the next one.
  async candidate() {
    const { workbench } = this;
    await workbench.offering.ask();
    const place = workbench.caret ?? workbench.readTo;
    const candidate = workbench.offering.next(place, workbench.focus === NEW);
    if (!candidate) {
      workbench.tell(workbench.offering.underWay ? "The engine has not answered yet." : "The engine has no candidate from here on that is not there already.");
      return;
    }
    this.#offer(candidate, place);
    const pick = (item) => {
      workbench.mode = null;
      this.#offer(workbench.offering.take(item.one), place);
    };
    workbench.mode = { title: "What may be missing from here on", items: workbench.offering.items, pick };
    workbench.render();
  }

  #offer(candidate, place) {
    const { workbench } = this;
    if (workbench.draft?.line) {
      workbench.commit();
      workbench.offering.take(candidate);
    }
    workbench.focus = NEW;
    workbench.setDraft(draftOfNew(workbench.board, workbench.places, { ...candidate, segments: candidate.points }));
    workbench.setCaret(place);
    workbench.render();
    workbench.tell(workbench.drawing.spoken());
    workbench.drawing.show();
  }
}
