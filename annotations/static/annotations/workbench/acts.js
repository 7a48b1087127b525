// What the keys of deciding do to the line in focus, and to many at once. Each act goes through `workbench.decide`.
import { shortened } from "./dom.js";

export class Acts {
  constructor(workbench) {
    this.workbench = workbench;
  }

  accept() {
    const { workbench } = this;
    if (workbench.draft) {
      workbench.commit();
      workbench.advance();
      return;
    }
    if (!workbench.line) return;
    const due = workbench.board.dueAt(workbench.line);
    if (due.length) {
      this.#confirm(due);
      return;
    }
    const accepted = workbench.board.stateOf(workbench.line) === "kept" && !workbench.line.implied;
    if (workbench.line.said && !accepted) workbench.decide([{ line: workbench.focus, verdict: "accept" }], this.#about("Accepted"));
    workbench.advance();
  }

  // One key for the correction that stands in this place on the card; a change in hand is kept as it is.
  async takeCorrection(name, place) {
    const { workbench } = this;
    if (workbench.draft && !workbench.offering.isAsTaken(workbench.draft)) return this.accept();
    if (place >= workbench.drawing.correctionsShown) {
      workbench.tell("No correction is shown.");
      return null;
    }
    if (!(await workbench.changing.press({ name, number: null }))) return null;
    workbench.commit();
    return workbench.advance();
  }

  // What stands is right under today's guideline too. What one line brought along is confirmed with it.
  #confirm(due) {
    const { workbench } = this;
    const alone = due.filter((line) => !(line.implied && due.some((head) => workbench.board.headsOf(line).includes(head))));
    workbench.decide(alone.map((line) => ({ line: line.line, verdict: "confirm" })), this.#about("Confirmed"));
    workbench.advance();
  }

  reject() {
    const { workbench } = this;
    if (workbench.draft) workbench.setDraft(null);
    const { line } = workbench;
    if (!line) return;
    if (!line.said) {
      this.retract();
      return;
    }
    const reason = line.likely_reason;
    workbench.decide([{ line: workbench.focus, verdict: "reject", reason }], this.#about("Rejected"));
    const rejected = workbench.focus;
    workbench.advance();
    const items = workbench.board.rejectReasons.map(([value, name], index) => ({ number: index + 1, words: name, chosen: value === reason, value }));
    workbench.mode = { title: "Rejected. Another reason?", items, pick: (item) => this.#rejectAnew(rejected, item) };
    workbench.render();
  }

  #rejectAnew(name, item) {
    const { workbench } = this;
    workbench.mode = null;
    workbench.decide([{ line: name, verdict: "reject", reason: item.value }], `Rejected: ${item.words}`);
    workbench.render();
  }

  skip() {
    const { workbench } = this;
    if (workbench.draft) workbench.setDraft(null);
    if (!workbench.line?.said) return;
    workbench.decide([{ line: workbench.focus, verdict: "skip" }], this.#about("Skipped"));
    workbench.advance();
  }

  retract() {
    const { workbench } = this;
    if (workbench.draft) workbench.setDraft(null);
    if (!workbench.line?.verdict) return;
    const before = workbench.board.heads.indexOf(workbench.board.cardOf(workbench.line));
    workbench.decide([{ line: workbench.focus, verdict: "retract" }], this.#about("Retracted"));
    if (workbench.line) workbench.render();
    else workbench.go((workbench.board.heads[before] ?? workbench.board.heads[before - 1])?.line ?? null);
  }

  undo() {
    const { workbench } = this;
    if (workbench.draft) {
      workbench.setDraft(null);
      workbench.render();
      return;
    }
    const lines = workbench.board.lastDecided;
    if (!lines.length) {
      workbench.tell("There is nothing to undo.");
      return;
    }
    const told = lines.length === 1 ? `Undone: ${workbench.board.shown(lines[0]).label}` : `Undone: ${lines.length} decisions`;
    workbench.decide(lines.map((line) => ({ line: line.line, verdict: "retract" })), told);
    const back = lines.find((line) => workbench.board.get(line.line));
    workbench.go((back && workbench.board.cardOf(back).line) ?? workbench.board.heads[0]?.line ?? null);
  }

  #about(done) {
    const { workbench } = this;
    const { shown } = workbench;
    return `${done}: ${shown.label}, ${shortened(workbench.places.words(shown.segments), 80)}`;
  }

  #acceptMany(wanted, told) {
    const { workbench } = this;
    const lines = workbench.board.heads.filter((head) => head.said && !head.verdict && wanted(head));
    if (!lines.length) {
      workbench.tell("Nothing is left there.");
      return;
    }
    workbench.decide(lines.map((line) => ({ line: line.line, verdict: "accept" })), `${lines.length} accepted ${told}`);
    workbench.advance();
  }

  // What is in hand is kept first: a correction and all that is right behind it are one key.
  acceptParagraph() {
    const { workbench } = this;
    const heads = this.leftInParagraph();
    const left = new Set(heads.map(({ line }) => line));
    const kept = workbench.commit();
    if (kept && !left.size) workbench.advance();
    else this.#acceptMany(({ line }) => left.has(line), "in this paragraph");
    workbench.readTo = Math.max(workbench.readTo, ...heads.map(({ said }) => said.segments.at(-1)[1]));
  }

  // The undecided suggestions that begin in the same paragraph as the one in focus; what is in hand is none of them.
  leftInParagraph() {
    const { board, draft, paper, shown } = this.workbench;
    if (!shown) return [];
    const { start, end } = paper.blockAt(shown.segments[0][0]);
    const begins = ({ said }) => said.segments[0][0] >= start && said.segments[0][0] < end;
    return board.heads.filter((head) => head.said && !head.verdict && head.line !== draft?.line && begins(head));
  }

  acceptAbove() {
    const { workbench } = this;
    const scores = workbench.board.heads.filter((head) => head.said && !head.verdict && head.score !== null);
    const items = [0.95, 0.9, 0.8, 0.7, 0.5].map((least, index) => {
      const count = scores.filter((head) => head.score >= least).length;
      return { number: index + 1, words: `${least.toFixed(2)} and above: ${count}`, least };
    });
    workbench.mode = { title: "Accept all that is left with a score of", items, pick: (item) => { workbench.mode = null; this.#acceptMany((head) => head.score !== null && head.score >= item.least, `with ${item.least} and above`); } };
    workbench.render();
  }
}
