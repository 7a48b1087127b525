// What the workbench says to the server, in the reviewer's own name: should somebody else have signed in meanwhile,
// the server refuses, and nothing is decided in their name.

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Milliseconds that an answer may take. An act that got none is sent again under its key.
const PATIENCE = 30_000;

export class Session {
  constructor({ urls, reviewer, article, corpus }) {
    Object.assign(this, { urls, reviewer, article, corpus });
  }

  decide(url, decisions) {
    return this.#send("POST", url, { decisions });
  }

  submit() {
    return this.#send("POST", this.urls.pass);
  }

  reopen() {
    return this.#send("DELETE", this.urls.pass);
  }

  take() {
    return this.#send("POST", this.urls.take, { corpus: this.corpus });
  }

  // What stands now, or null where it cannot be told.
  async state() {
    const { status, body } = await this.#send("GET", this.urls.state);
    return status === 200 && body?.reviewer === this.reviewer ? body : null;
  }

  // What the engine offers, or null.
  async candidates() {
    const { status, body } = await this.#send("GET", this.urls.candidates);
    return status === 200 ? body : null;
  }

  addressOf(assignment) {
    const address = this.urls.workbench.replace(this.article, assignment.article);
    return assignment.current ? address : `${address}?revision=${assignment.revision}`;
  }

  async #send(method, url, body = null) {
    const headers = { Accept: "application/json", "Attest-Person": this.reviewer };
    if (method !== "GET") headers["X-CSRFToken"] = token();
    if (body !== null) headers["Content-Type"] = "application/json";
    const answer = await fetch(url, { method, headers, redirect: "error", signal: AbortSignal.timeout(PATIENCE), body: body === null ? null : JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }
}

// The token of the session that holds now: signing in again, in another tab, brings a new one.
function token() {
  const cookie = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie);
  return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]").value;
}
