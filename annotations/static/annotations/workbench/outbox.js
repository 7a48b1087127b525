// Keeps every act from the key press to the server's receipt. An act is written into the browser's storage first and
// then sent, one request after the other and each decision under a key of its own: after a lost answer, a closed tab
// or an expired session it is sent again and has one effect. What the server will not take stays here until the
// reviewer has said what becomes of it.

const PREFIX = "attest.outbox";
const WAITS = [500, 1_000, 2_000, 5_000, 10_000, 20_000];

// An act: {id, url, article, revision, title, decisions: [{line, ...what the API takes}], told, state, error}.
// States: waiting, conflict (another tab was quicker) and refused.
export class Outbox {
  #acts = [];
  #sending = null;
  #failures = 0;
  #timer = null;

  // `storage` has getItem, setItem, removeItem, key and length; `post(url, decisions)` gives {status, body} and throws
  // where no answer came; `standing(line)` gives {on, version} as far as it is known here; `heard` is told of
  // {type: "receipt" | "conflict" | "refused" | "state", act, …}.
  constructor({ storage, reviewer, post, standing, heard, newKey, later = (act, delay) => setTimeout(act, delay) }) {
    Object.assign(this, { storage, reviewer, post, standing, heard, newKey, later });
    this.trouble = "";
    this.lasting = true;
    this.#acts = this.#stored();
  }

  get acts() {
    return this.#acts;
  }

  get waiting() {
    return this.#acts.filter((act) => act.state === "waiting");
  }

  get held() {
    return this.#acts.filter((act) => act.state !== "waiting");
  }

  // Takes decisions as one act. A version of null is filled in once the acts before it have their receipts.
  add({ url, article, revision, title, decisions, told }) {
    const id = `${Date.now().toString(36).padStart(9, "0")}-${this.newKey()}`;
    const keyed = decisions.map((decision) => ({ ...decision, key: this.newKey() }));
    const act = { id, url, article, revision, title, decisions: keyed, told, state: "waiting", error: null };
    this.#acts.push(act);
    this.#keep(act);
    this.#tell();
    this.flush();
    return act;
  }

  // Says whether an act that is under way is about one of these lines.
  isAbout(lines) {
    return this.waiting.some((act) => act.decisions.some((decision) => lines.includes(decision.line)));
  }

  // Puts an act that was held back on its way again, with the version that stands now and keys of its own.
  retry(id, versions = {}) {
    const act = this.#find(id);
    if (!act) return;
    act.decisions = act.decisions.map((decision) => ({ ...decision, version: versions[decision.line] ?? decision.version, key: this.newKey() }));
    Object.assign(act, { state: "waiting", error: null });
    this.#keep(act);
    this.#tell();
    this.flush();
  }

  drop(id) {
    this.#remove(id);
    this.#tell();
  }

  // Sends what waits, one act after the other, until all is sent or it cannot be now.
  flush() {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
      this.#tell();
    });
    return this.#sending;
  }

  async #sendAll() {
    clearTimeout(this.#timer);
    let act;
    while ((act = this.waiting[0])) {
      if (!(await this.#send(act))) return;
    }
  }

  async #send(act) {
    if (!this.#fillIn(act)) {
      this.#hold(act, act.decisions, "refused", { message: "What it follows on was not saved." });
      return true;
    }
    const decisions = act.decisions.map(({ line, ...decision }) => decision);
    let answer;
    try {
      answer = await this.post(act.url, decisions);
    } catch {
      return this.#wait("offline");
    }
    if (answer.status === 401 || answer.status === 403) return this.#wait("signed out");
    if (answer.status === 409 && answer.body?.code === "other_person") return this.#wait("other person");
    if (answer.status === 429 || answer.status >= 500) return this.#wait("busy");
    this.#failures = 0;
    this.trouble = "";
    if (answer.status >= 400) {
      this.#hold(act, act.decisions, "refused", answer.body);
      return true;
    }
    this.#settle(act, answer.body.results);
    return true;
  }

  // Gives each decision the version that it is made on, and keeps it: what is sent again is sent as it was.
  #fillIn(act) {
    for (const decision of act.decisions) {
      const known = this.standing(decision.line);
      if (decision.verdict !== "add") decision.on ??= known?.on ?? null;
      decision.version ??= known?.version ?? null;
      if (decision.version === null || (decision.on === null && decision.verdict !== "add")) return false;
    }
    this.#keep(act);
    return true;
  }

  #settle(act, results) {
    const refused = { conflict: [], refused: [] };
    act.decisions.forEach((decision, index) => {
      const result = results[index];
      if (!result.error) {
        this.#pass(decision, result.body);
        this.heard({ type: "receipt", act, decision, body: result.body });
      } else refused[result.status === 412 ? "conflict" : "refused"].push([decision, result.error]);
    });
    const kept = [...refused.conflict.map((pair) => ["conflict", ...pair]), ...refused.refused.map((pair) => ["refused", ...pair])];
    kept.forEach(([state, decision, error], index) => {
      // One act can be refused in parts; each part is then an act of its own.
      const part = index === 0 ? act : { ...act, id: `${act.id}.${index}` };
      if (index > 0) this.#acts.splice(this.#acts.indexOf(act) + index, 0, part);
      this.#hold(part, [decision], state, error);
    });
    if (!kept.length) this.#remove(act.id);
  }

  // Hands the version of a receipt on to the acts that wait for it; they are stored before this one is forgotten.
  #pass(decision, body) {
    const versions = { [decision.line]: body.version };
    for (const other of body.implied) versions[other.line] = other.version;
    for (const act of this.waiting) {
      let touched = false;
      for (const later of act.decisions) {
        if (later.version !== null || !(later.line in versions)) continue;
        later.version = versions[later.line];
        if (later.line === decision.line) Object.assign(later, { on: later.on ?? body.on, line: body.line });
        touched = true;
      }
      if (touched) this.#keep(act);
    }
  }

  #hold(act, decisions, state, error) {
    Object.assign(act, { decisions, state, error });
    this.#keep(act);
    this.heard({ type: state, act, error });
    this.#tell();
  }

  #wait(trouble) {
    this.trouble = trouble;
    const delay = WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = this.later(() => this.flush(), delay);
    this.#tell();
    return false;
  }

  #tell() {
    this.heard({ type: "state" });
  }

  #find(id) {
    return this.#acts.find((act) => act.id === id);
  }

  #remove(id) {
    this.#acts = this.#acts.filter((act) => act.id !== id);
    try {
      this.storage.removeItem(this.#place(id));
    } catch {
      this.lasting = false;
    }
  }

  #keep(act) {
    try {
      this.storage.setItem(this.#place(act.id), JSON.stringify(act));
    } catch {
      this.lasting = false;
    }
  }

  #place(id) {
    return `${PREFIX}/${this.reviewer}/${id}`;
  }

  #stored() {
    const found = [];
    try {
      for (let index = 0; index < this.storage.length; index += 1) {
        const name = this.storage.key(index);
        if (name.startsWith(`${PREFIX}/${this.reviewer}/`)) found.push(JSON.parse(this.storage.getItem(name)));
      }
    } catch {
      this.lasting = false;
    }
    return found.sort((one, other) => (one.id < other.id ? -1 : 1));
  }
}
