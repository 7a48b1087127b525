// Run by `node --test`.
import assert from "node:assert/strict";
import test from "node:test";
import { isStop, snap, step } from "../../annotations/static/annotations/boundaries.js";

const UNITS = ["character", "word", "clause", "sentence", "quote", "paragraph"];
const EDGES = ["start", "end"];

// What a text is without the bars that mark its stops, and where they stand.
function stops(barred) {
  const text = barred.replaceAll("|", "");
  const places = [];
  let place = 0;
  for (const character of barred) {
    if (character === "|") places.push(place);
    else place += character.length;
  }
  return { text, places };
}

function walk(text, unit, edge, direction = 1) {
  const blocks = [{ start: 0, end: text.length }];
  const found = [];
  let place = direction > 0 ? 0 : text.length;
  for (;;) {
    const next = step(text, blocks, place, unit, direction, edge);
    if (next === place || next === 0 || next === text.length) return direction > 0 ? found : found.reverse();
    found.push(next);
    place = next;
  }
}

const WALKS = [
  ["word", "end", "Dr|. Gull| said| that| it| cost| $5.5m|, twice|."],
  ["word", "start", "Dr. |Gull |said |that |it |cost |$5.5m, |twice."],
  ["word", "end", "“It| rained|,”| she| said|. He's| Jean-Luc's| (or| so|)|."],
  ["word", "start", "“|It |rained,” |she |said, |he |(|or |so)."],
  ["word", "end", "''We| waited|,''| he| added| -- twice|."],
  ["word", "end", "The| voters|' choice| in| the| U.S|. was| 1,000|."],
  ["word", "end", "Not| 👨‍👩‍👧| nor| 👍🏽| but| cafe\u0301|."],
  ["word", "end", "他|说|：「我|今天|去|上海|。」|她|说|。"],
  ["word", "end", "אמר|: \"לא|\"|, היא|."],
  ["word", "start", "قال |إن |الرصيف |مغلق."],
  ["clause", "end", "Gull said| that the pier|, which| (he said|)| was old|, is closed|. It rains|."],
  ["clause", "start", "Gull said |that |the pier, |which (|he said) |was old, |is closed. |It rains."],
  ["clause", "end", "“It rained,”| she said|. He called it| “a ruin”| - twice|."],
  ["clause", "start", "“It rained,” |she said. |He called it |“a ruin” - |twice."],
  ["sentence", "end", "Sen. Gull of the U.S. Senate came|. “It rained.”| “Not I,” he said|."],
  ["sentence", "start", "Sen. Gull of the U.S. Senate came. |“It rained.” |Not I. |We did."],
  ["sentence", "end", "他走了|。她说不去|。"],
  ["quote", "end", "“It rained,”| she said. 'Sell it,'| he said. The voters' 'no'| came."],
  ["quote", "start", "She said: |“It rained,” and |''no'' and |「不」."],
  ["quote", "end", "„Ja“|, sagte er. »Nein«|, sagte sie. «Non»|, dit-il."],
];

for (const [unit, edge, barred] of WALKS) {
  const { text, places } = stops(barred);
  test(`the ${edge} by ${unit} in ${text}`, () => {
    assert.deepEqual(walk(text, unit, edge), places);
    assert.deepEqual(walk(text, unit, edge, -1), places);
  });
}

const TWO = "One line here.\n\nAnd another.";
const TWO_BLOCKS = [{ start: 0, end: 14 }, { start: 16, end: 28 }];

test("a step stays in its block, and a paragraph's step leaves it", () => {
  assert.equal(step(TWO, TWO_BLOCKS, 13, "word", 1, "end"), 14);
  assert.equal(step(TWO, TWO_BLOCKS, 14, "word", 1, "end"), 14);
  assert.equal(step(TWO, TWO_BLOCKS, 16, "word", -1, "start"), 16);
  assert.equal(step(TWO, TWO_BLOCKS, 14, "paragraph", 1, "end"), 28);
  assert.equal(step(TWO, TWO_BLOCKS, 20, "paragraph", -1, "start"), 16);
  assert.equal(step(TWO, TWO_BLOCKS, 16, "paragraph", -1, "start"), 0);
  assert.equal(step(TWO, TWO_BLOCKS, 15, "word", 1, "end"), 15);
  assert.equal(step(TWO, [], 5, "word", 1), 5);
});

const SNAPS = [
  ["Gull said [ it raine]d today.", "it rained"],
  ["Gull said [it rained, ]today.", "it rained"],
  ["Gull said it [rained today.]", "rained today"],
  ["[“It rained,]” she said.", "“It rained,”"],
  ["“[It rained,”] she said.", "“It rained,”"],
  ["“[It rained],” she said.", "“It rained,”"],
  ["“[It] rained,” she said.", "It"],
  ["''[We wait]ed,'' she said.", "''We waited,''"],
  ["He met [Bob A.] Lee.", "Bob A."],
  ["Gone is the [👩‍👧] family.", "👩‍👧"],
  ["The caf[e]\u0301 closed.", "cafe\u0301"],
  ["我[今]天去上海。", "今天"],
  ["She wrote “a [toy” of a pier].", "toy” of a pier"],
];

for (const [marked, wanted] of SNAPS) {
  test(`what is selected in ${marked}`, () => {
    const text = marked.replace(/[[\]]/g, "");
    const found = snap(text, marked.indexOf("["), marked.indexOf("]") - 1);
    assert.equal(text.slice(found.start, found.end), wanted);
  });
}

test("white space alone is no selection", () => assert.equal(snap("a   b", 1, 4), null));

// --- properties ----------------------------------------------------------------------------------------------

const PIECES = [
  "said", "that", "Dr.", "U.S.", "don't", "Jean-Luc", "3.5", " ", " ", " ", "  ", "\u00a0", "\n", "\n\n", "\r\n", ",", ".",
  "?", "!”", "“", "”", '"', "''", "``", "'", "’", "«", "»", "(", ")", "—", " -- ", ":", "👨‍👩‍👧", "🇨🇭🇨🇭", "👍🏽", "e\u0301", "\u0301",
  "שלום", "مرحبا", "今天去上海", "「", "」", "。", "カタカナ", "ภาษาไทยน้ำ", "한국어", "क्षत्रिय", "\ud83d", "\ude00", "\u200d", "\ufe0f", "\u200f", "1,000", "$5", "5%",
];

// Mulberry32: the same texts on every run.
function chances(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function hostile(seed) {
  const chance = chances(seed);
  const text = Array.from({ length: 3 + Math.floor(chance() * 40) }, () => PIECES[Math.floor(chance() * PIECES.length)]).join("");
  const middle = Math.floor(chance() * text.length);
  const whole = [{ start: 0, end: text.length }];
  return { text, blocks: chance() < 0.5 || middle === 0 ? whole : [{ start: 0, end: middle }, { start: middle, end: text.length }] };
}

const SEEDS = Array.from({ length: 1500 }, (_, seed) => seed);

function graphemeEdges(text, blocks) {
  const edges = new Set([text.length]);
  for (const { start, end } of blocks) {
    edges.add(end);
    for (const { index } of new Intl.Segmenter("en").segment(text.slice(start, end))) edges.add(start + index);
  }
  return edges;
}

test("a step moves, or stays at an edge, and never stops inside a character", () => {
  for (const seed of SEEDS) {
    const { text, blocks } = hostile(seed);
    const edges = graphemeEdges(text, blocks);
    const blockEdges = new Set(blocks.flatMap(({ start, end }) => [start, end]));
    for (const unit of UNITS) {
      for (const edge of EDGES) {
        for (const direction of [1, -1]) {
          let place = direction > 0 ? 0 : text.length;
          for (let steps = 0; ; steps += 1) {
            const next = step(text, blocks, place, unit, direction, edge);
            if (next === place) break;
            assert.ok((next - place) * direction > 0, `${seed} ${unit} goes back`);
            assert.ok(edges.has(next) || unit === "paragraph", `${seed} ${unit} ${edge} stops inside a character at ${next}`);
            assert.ok(steps <= text.length);
            place = next;
          }
          if (unit !== "paragraph") assert.ok(blockEdges.has(place), `${seed} ${unit} ${edge} ends at ${place}`);
        }
      }
    }
  }
});

test("a step forward and one back meet the same stops", () => {
  for (const seed of SEEDS) {
    const { text } = hostile(seed);
    for (const unit of UNITS) for (const edge of EDGES) assert.deepEqual(walk(text, unit, edge), walk(text, unit, edge, -1), `${seed} ${unit} ${edge}`);
  }
});

test("no stop is beside white space on the inner side of its span", () => {
  for (const seed of SEEDS) {
    const { text } = hostile(seed);
    for (const unit of ["word", "clause", "sentence", "quote"]) {
      for (const place of walk(text, unit, "end")) assert.match(text[place - 1], /\S/, `${seed} ${unit}`);
      for (const place of walk(text, unit, "start")) assert.match(text[place], /\S/, `${seed} ${unit}`);
    }
  }
});

test("clauses, sentences and quotations stop where words do", () => {
  for (const seed of SEEDS) {
    const { text } = hostile(seed);
    const block = { start: 0, end: text.length };
    for (const unit of ["clause", "sentence"]) {
      for (const edge of EDGES) for (const place of walk(text, unit, edge)) assert.ok(isStop(text, block, place, "word", edge), `${seed} ${unit} ${edge} ${place}`);
    }
  }
});

test("a snapped selection holds what was selected but for white space and punctuation, and snaps to itself", () => {
  for (const seed of SEEDS) {
    const { text } = hostile(seed);
    const chance = chances(seed + 1e6);
    const start = Math.floor(chance() * text.length);
    const end = start + Math.floor(chance() * (text.length - start + 1));
    const found = snap(text, start, end);
    if (found === null) {
      assert.equal(text.slice(start, end).trim(), "");
      continue;
    }
    assert.ok(0 <= found.start && found.start < found.end && found.end <= text.length);
    const kept = text.slice(Math.max(start, found.start), found.end);
    assert.ok(found.end >= end || /^[\s,;:.]*$/.test(text.slice(found.end, end)), `${seed} ${kept}`);
    const again = snap(text, found.start, found.end);
    assert.deepEqual(again, found, `${seed} ${JSON.stringify(text.slice(found.start, found.end))}`);
  }
});

test("a step costs what it passes over, however long the article is", () => {
  const sentence = "Gull said that the “pier,” which cost $5.5m, was closed. ";
  const cost = (times) => {
    const text = sentence.repeat(times);
    const blocks = [{ start: 0, end: text.length }];
    const middle = sentence.length * Math.floor(times / 2);
    const began = process.hrtime.bigint();
    for (let round = 0; round < 300; round += 1) {
      for (const unit of UNITS.slice(0, 5)) step(text, blocks, middle + 10, unit, round % 2 ? 1 : -1, "end");
    }
    return Number(process.hrtime.bigint() - began);
  };
  cost(50);
  const [short, long] = [Math.min(cost(50), cost(50), cost(50)), Math.min(cost(5000), cost(5000), cost(5000))];
  assert.ok(long < 8 * short, `a hundred times the text takes ${(long / short).toFixed(1)} times as long`);
});
