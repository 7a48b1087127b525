// Run by `node --test`: the workbench's board, drafts and outbox, which know no page.
import assert from "node:assert/strict";
import test from "node:test";
import { Board } from "../../annotations/static/annotations/workbench/board.js";
import { decisionOf, draftOfLine, draftOfNew } from "../../annotations/static/annotations/workbench/drafting.js";
import { Offering } from "../../annotations/static/annotations/workbench/offering.js";
import { choicesFor } from "../../annotations/static/annotations/workbench/links.js";
import { Outbox } from "../../annotations/static/annotations/workbench/outbox.js";
import { Places } from "../../annotations/static/annotations/workbench/places.js";

const CANDIDATE = { label: "claim", attributes: {}, links: {}, score: 0.5, reason: "thought of" };

const SCHEME = {
  labels: [
    { name: "claim", attributes: {} },
    { name: "quote", attributes: { type: ["direct", "indirect"] } },
    { name: "attribution", attributes: {} },
    { name: "cue", attributes: {} },
  ],
  relations: [
    { name: "source", heads: ["quote", "claim"], children: ["attribution"] },
    { name: "cue", heads: ["quote"], children: ["cue"] },
  ],
};

function line(name, label, start, end, more = {}) {
  const said = { label, segments: [[start, end]], attributes: label === "quote" ? { type: "direct" } : {} };
  const empty = { on: name, version: 0, kept: null, verdict: "", reason: "", implied: false, at: null, score: 0.5, likely_reason: "other", links: {} };
  return { line: name, said, ...empty, ...more };
}

function board() {
  return new Board({
    scheme: SCHEME,
    reject_reasons: [["other", "other"]],
    absences: [["unnamed", "nobody is named"]],
    submitted_at: null,
    suggestions_shown: true,
    lines: [
      line("q1", "quote", 10, 40, { score: 0.9, links: { source: ["s1"], cue: ["c1"] } }),
      line("s1", "attribution", 50, 60),
      line("c1", "cue", 45, 49),
      line("q2", "quote", 70, 90, { score: 0.4, links: { source: ["s1"] } }),
      line("k1", "claim", 12, 30, { score: 0.7 }),
    ],
  });
}

const heads = (of, by) => of.order(by).map((one) => one.line);

test("sources and cues stand beneath the head that has the most of them", () => {
  assert.deepEqual(heads(board()), ["q1", "k1", "q2"]);
  assert.equal(board().cardOf(board().get("s1")).line, "q1");
});

test("by doubt the least sure comes first", () => {
  assert.deepEqual(heads(board(), "doubt"), ["q2", "k1", "q1"]);
});

test("what is due waits for a word on its card, and a confirmation leaves what stood", () => {
  const one = board();
  one.apply({ line: "q1", verdict: "accept" }, "1");
  one.apply({ line: "k1", verdict: "reject", reason: "other" }, "2");
  for (const name of ["q1", "s1", "k1"]) one.get(name).due = { guideline: 1, reason: "" };
  const lines = (of) => of.map((line) => line.line);
  assert.deepEqual(lines(one.dueAt(one.get("q1"))), ["q1", "s1"]);
  assert.deepEqual(lines(one.dueAt(one.get("s1"))), ["s1"]);
  assert.equal(one.due.length, 3);
  assert.equal(one.leftOn(one.get("q1")), 2);
  one.apply({ line: "q1", verdict: "confirm" }, "3");
  assert.deepEqual(lines([one.get("q1"), one.get("s1")].filter((line) => line.due)), []);
  assert.equal(one.stateOf(one.get("s1")), "kept");
  assert.equal(one.nextUndecided(one.get("q1")).line, "k1");
  one.apply({ line: "k1", verdict: "confirm" }, "4");
  assert.equal(one.get("k1").verdict, "reject");
  assert.equal(one.due.length, 0);
});

test("an accepted quote brings its source and cue, and a retraction lets go of them", () => {
  const one = board();
  one.apply({ line: "q1", verdict: "accept" }, "1");
  assert.deepEqual(["q1", "s1", "c1"].map((name) => one.stateOf(one.get(name))), ["kept", "kept", "kept"]);
  assert.deepEqual(one.counts, { suggestions: 5, decided: 3 });
  one.apply({ line: "q1", verdict: "retract" }, "2");
  assert.equal(one.counts.decided, 0);
});

test("a source that another kept quote has as well stays", () => {
  const one = board();
  one.apply({ line: "q1", verdict: "accept" }, "1");
  one.apply({ line: "q2", verdict: "accept" }, "2");
  one.apply({ line: "q1", verdict: "reject", reason: "other" }, "3");
  assert.equal(one.stateOf(one.get("s1")), "kept");
  assert.equal(one.stateOf(one.get("c1")), "suggested");
});

test("what only a rejected quote led to is left alone, what another leads to is not", () => {
  const one = board();
  one.apply({ line: "q1", verdict: "reject", reason: "other" }, "1");
  assert.deepEqual(one.leftAlone([one.get("s1"), one.get("c1")]).map((child) => child.line), ["c1"]);
});

test("a quote that is given another source leaves the one that it had alone", () => {
  const one = board();
  one.apply({ line: "q2", verdict: "reject", reason: "other" }, "1");
  one.apply({ line: "q1", verdict: "correct", links: { source: [{ segments: [[92, 95]] }] } }, "2");
  assert.deepEqual(one.leftAlone([one.get("s1"), one.get("c1")]).map((child) => child.line), ["s1"]);
});

test("what was decided in one act with a line is known, what was decided by itself is not", () => {
  const one = board();
  one.apply({ line: "q1", verdict: "skip" }, "1");
  one.apply({ line: "c1", verdict: "skip" }, "1");
  one.apply({ line: "s1", verdict: "skip" }, "2");
  assert.deepEqual(one.decidedAlong(one.get("q1")).map((child) => child.line), ["c1"]);
});

test("the next undecided goes round to the top, and is none when all is decided", () => {
  const one = board();
  assert.equal(one.nextUndecided(one.get("q2")).line, "q1");
  for (const name of ["q1", "k1", "q2"]) one.apply({ line: name, verdict: "accept" }, "1");
  assert.equal(one.nextUndecided(one.get("q2")), null);
});

test("what was decided in one act is undone in one", () => {
  const one = board();
  one.apply({ line: "k1", verdict: "skip" }, "1");
  one.apply({ line: "q1", verdict: "accept" }, "2");
  one.apply({ line: "q2", verdict: "accept" }, "2");
  assert.deepEqual(one.lastDecided.map((each) => each.line), ["q1", "q2"]);
});

test("an addition takes the name that the server gives it", () => {
  const one = board();
  one.apply({ line: "new-1", verdict: "add", label: "claim", segments: [[2, 5]] }, "1");
  assert.equal(one.receive("new-1", { line: "k9", on: "k9", version: 1, implied: [] }), false);
  assert.equal(one.get("k9").version, 1);
  assert.equal(one.get("new-1"), one.get("k9"), "the name that it had leads there still");
  assert.deepEqual(heads(one), ["k9", "q1", "k1", "q2"]);
});

test("a receipt that names what is not here asks for more", () => {
  const one = board();
  assert.equal(one.receive("q1", { line: "q1", on: "q1", version: 1, implied: [{ of: "annotation", line: "s7", version: 1 }] }), true);
  assert.equal(one.receive("q1", { line: "q1", on: "q1", version: 2, implied: [{ of: "relation", line: "r1", version: 1 }] }), false);
});

// --- drafts ------------------------------------------------------------------------------------------------------

// A face of two units first: what follows is off by one wherever units are taken for code points.
const TEXT = `😀${"x".repeat(99)}`;
const places = new Places(TEXT, 100, [[0, 100, "body"]]);

test("a draft that changes nothing is no decision", () => {
  const one = board();
  assert.equal(decisionOf(one, places, draftOfLine(one, places, one.get("q1"))), null);
});

test("a draft counts units, and the decision that it comes to code points", () => {
  const one = board();
  const draft = draftOfLine(one, places, one.get("q1"));
  assert.deepEqual(draft.segments, [[11, 41]]);
  const decision = decisionOf(one, places, { ...draft, segments: [[11, 45]] });
  assert.deepEqual(decision, { verdict: "correct", line: "q1", segments: [[10, 44]] });
});

test("a link to the span of a line is one to that line, any other makes a new annotation, and none says why", () => {
  const one = board();
  const draft = draftOfLine(one, places, one.get("k1"));
  assert.equal(draft.links.source, null);
  assert.deepEqual(decisionOf(one, places, { ...draft, links: { source: [[51, 61]] } }).links, { source: [{ annotation: "s1" }] });
  assert.deepEqual(decisionOf(one, places, { ...draft, links: { source: [[3, 5]] } }).links, { source: [{ segments: [[2, 4]] }] });
  const quote = draftOfLine(one, places, one.get("q1"));
  const none = decisionOf(one, places, { ...quote, links: { ...quote.links, source: null }, reason: "unnamed" });
  assert.deepEqual([none.links, none.reason], [{ source: [] }, "unnamed"]);
});

test("a correction takes an attribute away, on the board as at the server", () => {
  const one = board();
  const draft = draftOfLine(one, places, one.get("q1"));
  const decision = decisionOf(one, places, { ...draft, attributes: {} });
  assert.deepEqual(decision, { verdict: "correct", line: "q1", attributes: { type: null } });
  one.apply(decision, "1");
  assert.deepEqual(one.shown(one.get("q1")).attributes, {});
});

test("what is new brings the source and cue that it was offered with", () => {
  const one = board();
  const draft = draftOfNew(one, places, { label: "quote", segments: [[60, 65]], links: { source: [[50, 60]], cue: null } });
  const decision = decisionOf(one, places, draft, "new-1");
  assert.deepEqual(decision, { verdict: "add", line: "new-1", label: "quote", attributes: {}, segments: [[60, 65]], links: { source: [{ annotation: "s1" }] } });
});

test("the engine's choices come first, then what is there, each once", () => {
  const one = board();
  const draft = draftOfLine(one, places, one.get("k1"));
  const choices = choicesFor(one, places, draft, { alternatives: [], links: { source: [[[80, 85]], [[50, 60]]] } });
  assert.deepEqual(choices.links, { source: [[[81, 86]], [[51, 61]]] });
});

test("the card says only what a correction changes, and takes a candidate for untouched until it is", async () => {
  const one = board();
  const points = [[30, 40]];
  const correction = { segments: points, attributes: {}, links: { source: [[80, 85]] } };
  const missing = [{ ...CANDIDATE, segments: points, choices: { alternatives: [], links: {}, corrections: [correction] } }];
  const offering = new Offering({ board: one, places, session: { candidates: async () => ({ missing }) } });
  await offering.ask();
  const taken = draftOfNew(one, places, { ...offering.next(0, false), segments: points });
  assert.deepEqual(offering.correctionsOf(taken), [[["source", places.words([[80, 85]])]]]);
  assert.ok(offering.isAsTaken(taken));
  assert.ok(!offering.isAsTaken({ ...taken, attributes: { type: "direct" } }));
  assert.ok(!offering.isAsTaken(draftOfLine(one, places, one.get("k1"))));
});

// --- the outbox --------------------------------------------------------------------------------------------------

class Storage {
  items = new Map();
  get length() { return this.items.size; }
  key(index) { return [...this.items.keys()][index]; }
  getItem(name) { return this.items.get(name) ?? null; }
  setItem(name, value) { this.items.set(name, value); }
  removeItem(name) { this.items.delete(name); }
}

// A server that keeps versions and keys as the real one does.
class Server {
  versions = new Map();
  receipts = new Map();
  taken = [];
  fault = null;

  async post(url, decisions) {
    if (this.fault === "down") throw new TypeError("down");
    if (typeof this.fault === "number") return { status: this.fault, body: { message: "no" } };
    const results = decisions.map((decision) => this.#one(decision));
    if (this.fault === "lost") throw new TypeError("the answer is lost");
    return { status: 200, body: { results } };
  }

  #one(decision) {
    if (this.receipts.has(decision.key)) return { status: 200, body: this.receipts.get(decision.key), error: null };
    const name = decision.on ?? `line-${this.taken.length}`;
    const version = this.versions.get(name) ?? 0;
    if (version !== decision.version) return { status: 412, body: null, error: { message: "stale", details: { version } } };
    this.versions.set(name, version + 1);
    this.taken.push(decision);
    const body = { line: name, on: name, version: version + 1, implied: [] };
    this.receipts.set(decision.key, body);
    return { status: 200, body, error: null };
  }
}

function outbox(server, { storage = new Storage(), known = {}, reviewer = "ada" } = {}) {
  const heard = [];
  let keys = 0;
  const box = new Outbox({
    storage,
    reviewer,
    post: (url, decisions) => server.post(url, decisions),
    standing: (name) => known[name] ?? null,
    heard: (what) => {
      heard.push(what);
      if (what.type === "receipt") known[what.decision.line] = { on: what.body.on, version: what.body.version };
    },
    newKey: () => `key-${reviewer}-${(keys += 1)}-${Math.random()}`,
    later: () => 0,
  });
  return { box, heard, storage, known };
}

const act = (decision) => ({ url: "/reviews/", article: "a", revision: 1, title: "A", told: "Accepted", decisions: [decision] });

async function settled(box) {
  await box.flush();
  await box.flush();
}

test("what has its receipt is gone from the browser", async () => {
  const server = new Server();
  const { box, storage } = outbox(server);
  box.add(act({ line: "q1", on: "q1", version: 0, verdict: "accept" }));
  assert.equal(storage.length, 1);
  await settled(box);
  assert.equal(storage.length, 0);
  assert.equal(server.taken.length, 1);
});

test("fifty decisions over a connection that breaks and loses answers have one effect each, in order", async () => {
  const server = new Server();
  const known = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`q${index}`, { on: `q${index}`, version: 0 }]));
  const { box } = outbox(server, { known });
  for (let index = 0; index < 50; index += 1) {
    server.fault = ["down", null, "lost", 503, null][index % 5];
    box.add(act({ line: `q${index}`, on: `q${index}`, version: 0, verdict: "accept" }));
    await box.flush();
  }
  server.fault = null;
  await settled(box);
  assert.deepEqual(server.taken.map((decision) => decision.on), Object.keys(known));
  assert.equal(box.acts.length, 0);
});

test("a page that crashed sends with the same key what it had sent, and the rest", async () => {
  const server = new Server();
  const storage = new Storage();
  server.fault = "lost";
  const before = outbox(server, { storage, known: { q1: { on: "q1", version: 0 } } });
  before.box.add(act({ line: "q1", on: "q1", version: 0, verdict: "accept" }));
  before.box.add(act({ line: "q1", on: "q1", version: null, verdict: "retract" }));
  await before.box.flush();
  server.fault = null;
  const after = outbox(server, { storage });
  assert.equal(after.box.waiting.length, 2);
  await settled(after.box);
  assert.deepEqual(server.taken.map((decision) => [decision.verdict, decision.version]), [["accept", 0], ["retract", 1]]);
  assert.equal(storage.length, 0);
});

test("an act follows on the addition before it, under the name that the server gave", async () => {
  const server = new Server();
  const { box } = outbox(server);
  box.add(act({ line: "new-1", on: null, version: 0, verdict: "add" }));
  box.add(act({ line: "new-1", on: null, version: null, verdict: "correct" }));
  await settled(box);
  assert.deepEqual(server.taken.map((decision) => [decision.verdict, decision.on, decision.version]), [["add", null, 0], ["correct", "line-0", 1]]);
});

test("a stale act is held with what stands, and sent anew only when its reviewer says so", async () => {
  const server = new Server();
  server.versions.set("q1", 3);
  const { box, heard, storage } = outbox(server);
  const { id } = box.add(act({ line: "q1", on: "q1", version: 0, verdict: "accept" }));
  await settled(box);
  assert.equal(heard.filter((what) => what.type === "conflict").length, 1);
  assert.equal(box.held[0].error.details.version, 3);
  assert.equal(storage.length, 1);
  box.retry(id, { q1: 3 });
  await settled(box);
  assert.deepEqual([server.taken.length, box.acts.length, storage.length], [1, 0, 0]);
});

test("of an act with many decisions the refused ones alone are held", async () => {
  const server = new Server();
  server.versions.set("q2", 1);
  server.versions.set("q3", 1);
  const { box } = outbox(server);
  box.add({ ...act(), decisions: ["q1", "q2", "q3"].map((name) => ({ line: name, on: name, version: 0, verdict: "accept" })) });
  await settled(box);
  assert.deepEqual(box.held.map((held) => held.decisions[0].line), ["q2", "q3"]);
  for (const held of [...box.held]) box.drop(held.id);
  assert.equal(box.acts.length, 0);
});

test("signed out, everything waits and says why; the session back, it is sent", async () => {
  const server = new Server();
  server.fault = 401;
  const { box } = outbox(server);
  box.add(act({ line: "q1", on: "q1", version: 0, verdict: "accept" }));
  await box.flush();
  assert.equal(box.trouble, "signed out");
  server.fault = null;
  await settled(box);
  assert.deepEqual([box.trouble, server.taken.length], ["", 1]);
});

test("another person's unsent acts are not touched", async () => {
  const server = new Server();
  server.fault = "down";
  const { box, storage } = outbox(server);
  box.add(act({ line: "q1", on: "q1", version: 0, verdict: "accept" }));
  await box.flush();
  server.fault = null;
  const other = outbox(server, { storage, reviewer: "bea" });
  assert.equal(other.box.acts.length, 0);
  await other.box.flush();
  assert.equal(server.taken.length, 0);
});

test("a browser that keeps nothing still sends, and says that it keeps nothing", async () => {
  const server = new Server();
  const storage = { length: 0, key: () => null, getItem: () => null, removeItem: () => {}, setItem: () => { throw new Error("full"); } };
  const { box } = outbox(server, { storage });
  box.add(act({ line: "q1", on: "q1", version: 0, verdict: "accept" }));
  await settled(box);
  assert.deepEqual([box.lasting, server.taken.length], [false, 1]);
});
