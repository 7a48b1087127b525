// The end of a pass, and the next: submitting, taking the next article, taking one's pass up again, giving it back.
import { act as button, element } from "./dom.js";

export class Pass {
  constructor(workbench) {
    this.workbench = workbench;
  }

  async submit() {
    const { workbench } = this;
    workbench.commit();
    if (workbench.locked) {
      await this.next();
      return;
    }
    if (await this.#isUnsent("Not submitted")) return;
    const { status, body } = await workbench.session.submit().catch(() => ({ status: 0, body: { message: "No connection; the pass is not submitted." } }));
    if (status !== 200) {
      workbench.tell(body.message);
      document.getElementById("strip-acts").prepend(element("span", { class: "at-note failed", role: "alert" }, body.message));
      const left = workbench.board.heads.find((head) => workbench.board.leftOn(head));
      if (left && left !== workbench.line) workbench.go(left.line);
      return;
    }
    if (workbench.state.assignment) await this.next();
    else await workbench.refresh();
  }

  async next() {
    const { workbench } = this;
    const { session } = workbench;
    const { status, body } = await session.take().catch(() => ({ status: 0 }));
    if (status === 201) {
      location.assign(session.addressOf(body));
      return;
    }
    await workbench.refresh();
    workbench.tell(status === 204 ? "Submitted. No article waits for you now." : (body?.message ?? "Submitted. The next article cannot be fetched now."));
    document.getElementById("progress").append(" ", status === 204 ? "No article waits for you now." : (body?.message ?? ""));
  }

  async reopen() {
    const { status, body } = await this.workbench.session.reopen().catch(() => ({ status: 0 }));
    if (status === 200) location.reload();
    else this.workbench.tell(body?.message ?? "No connection.");
  }

  async giveBack() {
    this.workbench.commit();
    if (await this.#isUnsent("Not given back")) return;
    document.getElementById("return").submit();
  }

  // The buttons for it: all that can be done with the pass as it stands.
  buttons(run, keyOf) {
    const { board, locked, state } = this.workbench;
    if (locked) {
      return [button("Next article", keyOf("submit"), () => run("submit"), "default"), button("Take it up again", "", () => this.reopen(), "at-quiet")];
    }
    const { suggestions, decided } = board.counts;
    return [
      button(board.lines.size ? "Submit the pass" : "Read, nothing found: submit", keyOf("submit"), () => run("submit"), suggestions === decided && !board.due.length ? "default" : ""),
      state.urls.keep ? button("Give it back", keyOf("yield"), () => run("yield"), "at-quiet") : "",
    ];
  }

  // Sends what waits; tells, and returns true, where something of this text has not reached the server then.
  async #isUnsent(told) {
    const { workbench } = this;
    await workbench.outbox.flush();
    const unsent = workbench.mine.length > 0 || workbench.outbox.held.some((act) => workbench.isMine(act));
    if (unsent) workbench.tell(`${told}: something has not reached the server yet.`);
    return unsent;
  }
}
