// The end of a pass, and the next: submitting, taking the next article, taking one's pass up again, giving it back.
import { act as button } from "./dom.js";

export class Pass {
  constructor(workbench) {
    this.workbench = workbench;
  }

  // Says why something was not done, where everybody sees it, until something else is.
  refuse(words) {
    document.getElementById("refused").textContent = words;
  }

  async submit() {
    const { workbench } = this;
    this.refuse("");
    workbench.commit();
    if (workbench.locked) {
      await this.next();
      return;
    }
    if (await this.#isUnsent("Not submitted")) return;
    const { status, body } = await workbench.session.submit().catch(() => ({ status: 0, body: { message: "No connection; the pass is not submitted." } }));
    if (status !== 200) {
      this.refuse(body.message);
      const left = workbench.board.heads.find((head) => workbench.board.leftOn(head));
      if (left && left !== workbench.line) workbench.go(left.line);
      return;
    }
    // What was decided took the article, also where the page has not heard of the assignment yet.
    if (workbench.state.assignment || workbench.answers.received) await this.next();
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
    if (status === 204) {
      workbench.tell("Submitted. No article waits for you now.");
      document.getElementById("progress").append(" No article waits for you now.");
    } else this.refuse(body?.message ?? "The next article cannot be fetched now.");
  }

  async reopen() {
    this.refuse("");
    const { status, body } = await this.workbench.session.reopen().catch(() => ({ status: 0 }));
    if (status === 200) location.reload();
    else this.refuse(body?.message ?? "No connection.");
  }

  async giveBack() {
    this.refuse("");
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
    if (unsent) this.refuse(`${told}: something has not reached the server yet.`);
    return unsent;
  }
}
