// Run by `node --test`.
import assert from "node:assert/strict";
import test from "node:test";
import { changesOf, draftOf, movedCaret, offered, press } from "../../annotations/static/annotations/correcting.js";
import { COMMANDS, commandOf } from "../../annotations/static/annotations/keys.js";

const TEXT = 'Mayor Ida Holm said that the pier was closed, she added. "We waited," Holm, a baker, said. "Nobody came."';
const LABELS = [
  { name: "claim", attributes: {} },
  { name: "quote", attributes: { type: ["direct", "indirect", "mixed"] } },
];

function at(words, after = 0) {
  const start = TEXT.indexOf(words, after);
  return [start, start + words.length];
}

const QUOTE = {
  label: "quote",
  attributes: { type: "indirect" },
  segments: [at("that the pier was")],
  links: { source: [at("Holm")], cue: [at("said")] },
};
const CHOICES = {
  alternatives: [
    { segments: [at("the pier was closed")], attributes: { type: "indirect" } },
    { segments: [at("the pier"), at("closed")], attributes: { type: "mixed" } },
  ],
  links: { source: [[at("Ida Holm")], [at("Mayor Ida Holm")]], cue: [] },
};

function page(more = {}) {
  return { text: TEXT, blocks: [{ start: 0, end: TEXT.length }], labels: LABELS, choices: CHOICES, selection: null, ...more };
}

function pressed(keys, draft = draftOf(QUOTE), given = page()) {
  for (const key of keys.split(" ")) {
    const [, modifiers, last] = /^((?:\w+\+)*)(.+)$/.exec(key);
    const event = {
      key: last,
      code: /^\d$/.test(last) ? `Digit${last}` : "",
      shiftKey: modifiers.includes("Shift"),
      ctrlKey: modifiers.includes("Ctrl"),
      altKey: modifiers.includes("Alt"),
    };
    draft = press(draft, commandOf(event, COMMANDS), given);
  }
  return draft;
}

function words(segments) {
  return segments && segments.map(([start, end]) => TEXT.slice(start, end));
}

const BOUNDARIES = [
  ["ArrowRight", ["that the pier was closed"]],
  ["ArrowRight ArrowLeft", ["that the pier was"]],
  ["ArrowLeft", ["that the pier"]],
  ["f", ["the pier was"]],
  ["Shift+ArrowRight", ["the pier was"]],
  ["d", ["said that the pier was"]],
  ["]", ["that the pier was closed"]],
  ["End", ["that the pier was closed, she added"]],
  ["Home", ["Mayor Ida Holm said that the pier was"]],
  ["Alt+ArrowRight Alt+ArrowRight", ["that the pier was c"]],
  ["v", ["the pier was closed"]],
  ["v v", ["the pier", "closed"]],
  ["v v v", ["the pier was closed"]],
  ["v 2", ["the pier", "closed"]],
  ["v 9", ["the pier was closed"]],
  ["v v g ArrowRight", ["the pier was", "closed"]],
  ["v v g ArrowRight ArrowRight", ["the pier was closed"]],
  ["v v g g ArrowRight", ["the pier", "closed, she"]],
  ["v v -", ["the pier"]],
  ["v v g -", ["closed"]],
  ["-", ["that the pier was"]],
  ["b", ["that the pier was"]],
  ["End b", ["that the pier was closed", "she added"]],
];

for (const [keys, wanted] of BOUNDARIES) {
  test(`${keys} makes it ${wanted.join(" … ")}`, () => assert.deepEqual(words(pressed(keys).segments), wanted));
}

const LINKED = [
  ["s", "source", ["Ida Holm"]],
  ["s s", "source", ["Mayor Ida Holm"]],
  ["s s s", "source", ["Ida Holm"]],
  ["s 2", "source", ["Mayor Ida Holm"]],
  ["s 0", "source", null],
  ["s ArrowRight", "source", ["Ida Holm said"]],
  ["o d", "source", ["Ida Holm"]],
  ["o o f", "cue", ["said"]],
  ["o o ArrowRight", "cue", ["said that"]],
  ["c", "cue", ["said"]],
  ["0", "source", ["Holm"]],
];

for (const [keys, kind, wanted] of LINKED) {
  test(`${keys} makes its ${kind} ${wanted}`, () => assert.deepEqual(words(pressed(keys).links[kind]), wanted));
}

test("what comes into a list that is open is taken in its turn", () => {
  const late = [at("Mayor Ida Holm")];
  const withOnly = (...source) => page({ choices: { ...CHOICES, links: { source, cue: [] } } });
  const before = pressed("s", draftOf(QUOTE), withOnly([at("Ida Holm")]));
  assert.deepEqual(words(pressed("s", before, withOnly(late, [at("Ida Holm")])).links.source), ["Mayor Ida Holm"]);
  assert.deepEqual(words(pressed("s", pressed("s", draftOf(QUOTE), withOnly()), withOnly(late)).links.source), ["Mayor Ida Holm"]);
});

test("the boundaries move of itself again once all parts had their turn", () => {
  const draft = pressed("o o o ArrowRight");
  assert.deepEqual(words(draft.segments), ["that the pier was closed"]);
  assert.deepEqual(draft.links, QUOTE.links);
});

test("a digit is a label, but behind a list it is a choice", () => {
  assert.equal(pressed("1").label, "claim");
  assert.deepEqual(pressed("1").attributes, {});
  assert.equal(pressed("3").label, "quote");
  assert.equal(pressed("s 1 1").label, "claim");
  assert.equal(pressed("Shift+1").attributes.type, "direct");
  assert.equal(pressed("Shift+4").attributes.type, "indirect");
});

test("the likeliest correction changes all that it says, and is nothing where there is none", () => {
  const correction = { segments: [at("the pier was closed")], attributes: { type: "mixed" }, links: { source: [at("Mayor Ida Holm")], cue: null } };
  const other = { ...correction, links: { ...correction.links, source: [at("Ida Holm")] } };
  const given = page({ choices: { ...CHOICES, corrections: [correction, other] } });
  const changed = pressed("Enter", draftOf(QUOTE), given);
  assert.deepEqual([changed.segments, changed.attributes, changed.links], [correction.segments, correction.attributes, correction.links]);
  const draft = draftOf(QUOTE);
  assert.deepEqual(pressed("Shift+Enter", draft, given).links.source, [at("Ida Holm")]);
  assert.equal(pressed("Enter", draft, page({ choices: { ...CHOICES, corrections: [] } })), draft);
});

test("values are counted through all attributes", () => {
  const labels = [{ name: "attribution", attributes: { kind: ["person", "body"], protected: ["yes", "no"] } }];
  const named = draftOf({ label: "attribution", attributes: { kind: "body" }, segments: [at("Holm")], links: {} });
  const given = page({ labels });
  assert.deepEqual(pressed("Shift+3", named, given).attributes, { kind: "body", protected: "yes" });
  assert.deepEqual(pressed("Shift+1 Shift+4", named, given).attributes, { kind: "person", protected: "no" });
  assert.deepEqual(pressed("Shift+5", named, given).attributes, { kind: "body" });
  assert.deepEqual(pressed("Shift+2", named, given).attributes, {});
  assert.deepEqual(changesOf(pressed("Shift+2 Shift+3", named, given), named), { attributes: { kind: null, protected: "yes" } });
});

test("the type follows the quotation marks until a person sets it", () => {
  const draft = draftOf({ ...QUOTE, attributes: { type: "direct" }, segments: [at('"We waited,"')] });
  const mixed = pressed("d", draft);
  assert.deepEqual([words(mixed.segments), mixed.attributes.type], [['added. "We waited,"'], "mixed"]);
  assert.equal(pressed("f", mixed).attributes.type, "direct");
  assert.equal(pressed("Shift+2 d", draft).attributes.type, "indirect");
  assert.equal(pressed("o d", draft).attributes.type, "direct");
  const named = draftOf({ ...QUOTE, segments: [[0, 9]] });
  const text = 'The town "Hull Docks" said "we go".';
  const given = page({ text, blocks: [{ start: 0, end: text.length }] });
  assert.equal(pressed("ArrowRight ArrowRight", named, given).attributes.type, "indirect");
  assert.equal(pressed("End", named, given).attributes.type, "mixed");
});

const PARAGRAPHS = "One here. Two here.\n\nThree here. Four here.\n\nFive here.";
const BLOCKS = { text: PARAGRAPHS, blocks: [{ start: 0, end: 19 }, { start: 21, end: 43 }, { start: 45, end: 55 }] };

test("the caret moves from sentence to sentence and from paragraph to paragraph", () => {
  const moves = (caret, ...names) => names.reduce((now, name) => movedCaret(now, { name: `caret-${name}` }, BLOCKS), caret);
  assert.equal(moves(3, "forward"), PARAGRAPHS.indexOf("Two"));
  assert.equal(moves(0, "forward", "forward"), PARAGRAPHS.indexOf("Three"));
  assert.equal(moves(0, "forward-paragraph", "forward-paragraph"), PARAGRAPHS.indexOf("Five"));
  assert.equal(moves(PARAGRAPHS.indexOf("Four"), "back"), PARAGRAPHS.indexOf("Three"));
  assert.equal(moves(PARAGRAPHS.indexOf("Three"), "back-paragraph"), 0);
  assert.equal(moves(0, "back"), 0);
  assert.equal(moves(5, "nowhere"), 5);
});

test("a segment is added from the next paragraph where this one has no more", () => {
  const text = "“One,” she said.\n\n“Two.” Rain fell.";
  const given = page({ text, blocks: [{ start: 0, end: 16 }, { start: 18, end: 34 }] });
  const draft = draftOf({ ...QUOTE, segments: [[0, 6]], links: { source: [[7, 10]], cue: [[11, 15]] } });
  assert.deepEqual(pressed("+", draft, given).segments, [[0, 6], [18, 24]]);
  const last = draftOf({ ...QUOTE, segments: [[18, 24]], links: {} });
  assert.equal(pressed("+", last, given), last);
});

test("a segment breaks at a paragraph, around its reporting words, or at a clause", () => {
  const broken = (draft, given) => words(pressed("b", draft, given).segments.map((segment) => segment));
  const text = "One here.\n\nTwo here.";
  const across = { text, blocks: [{ start: 0, end: 9 }, { start: 11, end: 20 }] };
  assert.deepEqual(pressed("b", draftOf({ ...QUOTE, segments: [[0, 20]] }), page(across)).segments, [[0, 9], [11, 20]]);
  const around = draftOf({ ...QUOTE, segments: [[0, 55]], links: { source: [at("she")], cue: [at("added")] } });
  assert.deepEqual(broken({ ...around, segments: [[at("that")[0], at('. "We')[0] + 12]] }, page())[0], "that the pier was closed");
  assert.deepEqual(broken(draftOf({ ...QUOTE, segments: [at("closed")] }), page()), ["closed"]);
});

test("a boundary moves by paragraph across the edge of its own", () => {
  const draft = draftOf({ ...QUOTE, segments: [[0, 8]] });
  const given = page(BLOCKS);
  assert.deepEqual(pressed("Ctrl+ArrowDown", draft, given).segments, [[0, 19]]);
  assert.deepEqual(pressed("Ctrl+ArrowDown Ctrl+ArrowDown", draft, given).segments, [[0, 43]]);
});

function candidate(words, score) {
  const start = PARAGRAPHS.indexOf(words);
  return { segments: [[start, start + words.length]], score };
}

test("what is offered begins with the caret's paragraph, the better first, unless it is far or passed over", () => {
  const [one, two, three, five] = [candidate("One", 0.9), candidate("Two here", 0.3), candidate("Three", 0.5), candidate("Five", 0.501)];
  const all = [one, two, three, five];
  assert.deepEqual(offered(all, 0, [], BLOCKS), [one, three, five, two]);
  assert.deepEqual(offered([{ ...one, score: 0.55 }, two, three], 12, [], BLOCKS).at(0), three);
  assert.deepEqual(offered(all, 12, [], BLOCKS).at(0), one);
  assert.deepEqual(offered(all, 21, [], BLOCKS), [three, five]);
});

test("what shares its words with what stands must be the better", () => {
  const [two, three] = [candidate("Two here", 0.6), candidate("Three", 0.5)];
  assert.deepEqual(offered([two, three], 0, [], BLOCKS), [two, three]);
  assert.deepEqual(offered([two, three], 0, [[[0, 19]]], BLOCKS), [three, two]);
});

test("what stands already is not offered, nor more than nine", () => {
  const two = candidate("Two here", 0.3);
  assert.deepEqual(offered([two], 0, [two.segments], BLOCKS), []);
  assert.deepEqual(offered([two], 0, [[[0, 12]]], BLOCKS), [two]);
  assert.equal(offered(Array(20).fill(two), 0, [], BLOCKS).length, 9);
});

test("a segment is added from the selection, or from where the speech goes on", () => {
  const [start, end] = at("Nobody came");
  assert.deepEqual(words(pressed("+", draftOf(QUOTE), page({ selection: { start, end } })).segments), ["that the pier was", "Nobody came"]);
  const direct = draftOf({ ...QUOTE, segments: [at('"We waited,"')], links: { source: [at("Holm, a baker")], cue: null } });
  assert.deepEqual(words(pressed("+", direct).segments), ['"We waited,"', '"Nobody came."']);
  assert.deepEqual(words(pressed("+ -", direct).segments), ['"We waited,"']);
});

test("a boundary goes to the word that begins with a letter", () => {
  const go = (name, letter, draft = draftOf(QUOTE)) => words(press(draft, { name, letter }, page()).segments)[0];
  assert.equal(go("end-forward-letter", "s"), "that the pier was closed, she");
  assert.equal(go("end-forward-letter", "W"), "that the pier was closed, she added. \"We");
  assert.equal(go("end-back-letter", "p"), "that the pier");
  assert.equal(go("start-back-letter", "i"), "Ida Holm said that the pier was");
  assert.equal(go("start-forward-letter", "p"), "pier was");
  assert.equal(go("end-forward-letter", "z"), "that the pier was", "no word begins so");
  assert.equal(go("start-forward-letter", "c"), "that the pier was", "it would pass the end");
});

test("letters are known whatever their accents, and only in this paragraph", () => {
  const text = "Zoé cut Éclairs e\u0301 tus\n\nand eels";
  const given = { ...page(), text, blocks: [{ start: 0, end: 23 }, { start: 25, end: text.length }] };
  const draft = draftOf({ ...QUOTE, segments: [[0, 3]], links: { source: null, cue: null } });
  const go = (letter, from) => press(from, { name: "end-forward-letter", letter }, given);
  const second = go("e", go("e", draft));
  assert.equal(text.slice(...go("e", draft).segments[0]), "Zoé cut Éclairs");
  assert.equal(text.slice(...second.segments[0]), "Zoé cut Éclairs e\u0301");
  assert.equal(go("e", second), second);
});

test("a boundary does not pass the other one", () => {
  const draft = draftOf({ ...QUOTE, segments: [at("closed")] });
  assert.equal(pressed("ArrowLeft", draft), draft);
  assert.equal(pressed("f", draft), draft);
});

test("a command that changes nothing gives the same draft back", () => {
  const draft = draftOf(QUOTE);
  for (const name of ["accept", "submit", "none", "next-segment", "remove-segment"]) assert.equal(press(draft, { name, number: null }, page()), draft);
});

test("a draft is never changed in place", () => {
  const draft = draftOf(QUOTE);
  const before = structuredClone(draft);
  for (const { name } of COMMANDS) for (const number of [null, 1, 2]) press(draft, { name, number }, page());
  assert.deepEqual(draft, before);
});

test("the decision holds what differs", () => {
  assert.equal(changesOf(pressed("v ArrowLeft ArrowRight o"), { ...QUOTE, segments: CHOICES.alternatives[0].segments }), null);
  assert.deepEqual(changesOf(pressed("f s 0 Shift+3"), QUOTE), {
    attributes: { type: "mixed" },
    segments: [at("the pier was")],
    links: { source: null },
  });
  assert.deepEqual(changesOf(pressed("1"), QUOTE), { label: "claim", attributes: { type: null } });
});

test("segments stay sorted, apart and within the text, whatever is pressed", () => {
  let seed = 7;
  const chance = (most) => (seed = (seed * 48271) % 2147483647) % most;
  for (let round = 0; round < 400; round += 1) {
    let draft = draftOf(QUOTE);
    for (let turn = 0; turn < 25; turn += 1) {
      const { name } = COMMANDS[chance(COMMANDS.length)];
      draft = press(draft, { name, number: 1 + chance(9) }, page());
      for (const segments of [draft.segments, draft.links.source, draft.links.cue]) {
        if (segments === null) continue;
        assert.ok(segments.length > 0);
        segments.forEach(([start, end], index) => {
          assert.ok(0 <= start && start < end && end <= TEXT.length);
          assert.ok(index === 0 || segments[index - 1][1] < start);
        });
      }
    }
  }
});
