// What the server answers: receipts, what it has to say of a decision, what it would not take, and what stands there.
import { shortened } from "./dom.js";
import { NEW } from "./drafting.js";
import { drawLease } from "./strip.js";

export class Answers {
  constructor(workbench) {
    this.workbench = workbench;
    this.stale = false;
    this.received = false;
    this.notices = [];
  }

  heard({ type, act, decision, body }) {
    const { workbench } = this;
    if (type === "receipt" && body.notice) this.#notice(body.notice, act, decision);
    if (type === "receipt" && workbench.isMine(act)) {
      this.received = true;
      const name = decision.line;
      const known = workbench.board.get(name);
      const unknown = workbench.board.receive(name, body);
      if (known && name !== body.line) this.#renamed(name, body.line);
      // A retraction lets an earlier decision count again, and the first decision takes the article.
      this.stale ||= unknown || decision.verdict === "retract" || !workbench.taken;
    }
    if (type === "conflict" || type === "refused") this.stale = true;
    if (type === "state" && workbench.board) {
      this.#freshen();
      if (workbench.paper) {
        workbench.drawing.renderStrip();
        workbench.drawing.renderHeld();
      }
    }
  }

  // Tells what the server has to say of a decision, and keeps it in sight until it was read. What stands is another now.
  #notice(words, act, decision) {
    const { workbench } = this;
    const line = workbench.isMine(act) ? workbench.board.get(decision.line) : null;
    const about = line ? workbench.places.words(workbench.board.shown(line).segments) : act.title;
    this.notices.push({ words, about: shortened(about, 120) });
    this.stale ||= workbench.isMine(act);
    workbench.tell(words);
  }

  #freshen() {
    const { workbench } = this;
    if (!this.stale || workbench.mine.length) return;
    this.stale = false;
    this.refresh();
  }

  #renamed(from, to) {
    const { workbench } = this;
    workbench.drawing.redraw([from, to]);
    workbench.offering.rename(from, to);
    if (workbench.draft?.line === from) workbench.draft.line = to;
    if (workbench.focus === from) workbench.focus = to;
    workbench.render();
  }

  // Brings what stands on the server, with what has not got there yet on top.
  async refresh() {
    const { workbench } = this;
    const { sequence } = workbench;
    const state = await workbench.session.state().catch(() => null);
    if (!state) return;
    // What was decided while the server answered is not in its answer.
    if (workbench.mine.length || workbench.sequence !== sequence) {
      this.stale = true;
      if (!workbench.mine.length) this.#freshen();
      return;
    }
    const before = new Map([...workbench.board.lines].map(([name, line]) => [name, JSON.stringify(line)]));
    workbench.board.renew(state);
    Object.assign(workbench.state, { assignment: state.assignment, urls: state.urls, guideline_changes: state.guideline_changes });
    workbench.taken = true;
    drawLease(state);
    const changed = [...workbench.board.lines].filter(([name, line]) => before.get(name) !== JSON.stringify(line)).map(([name]) => name);
    const gone = [...before.keys()].filter((name) => !workbench.board.get(name));
    workbench.drawing.redraw([...changed, ...gone]);
    if (workbench.focus && workbench.focus !== NEW && !workbench.board.get(workbench.focus)) workbench.focus = workbench.board.heads[0]?.line ?? null;
    workbench.render();
  }

  choose(held, whose) {
    const { workbench } = this;
    if (whose === "mine") {
      const versions = Object.fromEntries(held.decisions.map((decision) => [decision.line, held.error?.details?.version ?? workbench.board.get(decision.line)?.version ?? decision.version]));
      if (held.article === workbench.state.article) for (const decision of held.decisions) workbench.drawing.redraw(workbench.board.apply(decision, workbench.at()).map((line) => line.line));
      workbench.outbox.retry(held.id, versions);
    } else {
      workbench.outbox.drop(held.id);
      this.refresh();
    }
    workbench.render();
    workbench.root.focus({ preventScroll: true });
  }
}
