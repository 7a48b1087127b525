// A reviewer who always takes the cheapest keys, by the very modules of the review page. Speaks JSON, a line a message:
// {"page": {text, blocks, labels}} sets the article; {"correct": {from, to, choices}} asks for the keys that make one
// annotation another, {"add": {caret, candidates, standing, to}} for those that add one. All places are UTF-16 units.
// The answer is {keys, strikes, kinds} or null.
import { createInterface } from "node:readline";
import { wordsFrom } from "../annotations/static/annotations/boundaries.js";
import { draftOf, movedCaret, offered, press } from "../annotations/static/annotations/correcting.js";
import { COMMANDS, commandOf, strikes as strikesOfKey, takesLetter } from "../annotations/static/annotations/keys.js";

// No boundary is moved with more keys than this; nobody would.
const FARTHEST = 40;
// What takes no more keys than this is not looked at in another order.
const ENOUGH = 4;
// The caret is moved at most so often.
const MOVES = 8;
// As many candidates are offered as there are digits.
const MOST = 9;

const KEYS = Object.fromEntries(COMMANDS.map(({ name, keys }) => [name, keys.toSorted((one, other) => strikes(one) - strikes(other))[0]]));
// A word that is farther off is not gone to by its letter.
const WORDS = 60;
const LETTER = /^[a-z0-9]$/;
const MOVES_OF = Object.fromEntries(["start", "end"].map((edge) => [edge, COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(`${edge}-`))]));

// Of what goes to a letter one command is two keys, written as "i s".
function strikes(keys) {
  return keys.split(" ").reduce((sum, key) => sum + strikesOfKey(key), 0);
}

let page = null;
let paths = new Map();
let reached = new Map();

function cost(keys) {
  return keys.reduce((sum, key) => sum + strikes(key), 0);
}

function cheapest(all) {
  return all.reduce((best, one) => (one && (!best || cost(one) < cost(best)) ? one : best), null);
}

// What keys do to a draft, each taken the way that the page takes it.
function pressed(draft, keys, choices) {
  const given = { ...page, choices };
  return keys.reduce((now, key) => press(now, meaning(key), given), draft);
}

const meanings = new Map();

function meaning(key) {
  const [first, letter] = key.split(" ");
  if (!meanings.has(key)) meanings.set(key, { ...commandOf(eventOf(first), COMMANDS), letter });
  return meanings.get(key);
}

function eventOf(key) {
  const parts = key.length > 1 ? key.split("+") : [key];
  const last = parts.at(-1);
  const held = new Set(parts.slice(0, -1));
  return {
    key: last === "Space" ? " " : last,
    code: /^\d$/.test(last) ? `Digit${last}` : "",
    shiftKey: held.has("Shift"),
    ctrlKey: held.has("Ctrl"),
    altKey: held.has("Alt"),
    metaKey: false,
    isComposing: false,
  };
}

// The cheapest keys that move one edge from a place to another, by Dijkstra's algorithm over the moving keys.
function edgePath(edge, from, to) {
  const name = `${edge} ${from} ${to}`;
  if (!paths.has(name)) paths.set(name, searchEdge(edge, from, to));
  return paths.get(name);
}

function searchEdge(edge, from, to) {
  const known = new Map([[from, { spent: 0, path: [] }]]);
  const queue = [[from]];
  for (let spent = 0; spent <= FARTHEST; spent += 1) {
    for (const place of queue[spent] ?? []) {
      const { path, spent: least } = known.get(place);
      if (place === to) return path;
      if (least < spent) continue;
      for (const [key, next] of hops(edge, place)) {
        const longer = spent + strikes(key);
        if (known.has(next) && known.get(next).spent <= longer) continue;
        known.set(next, { spent: longer, path: [...path, key] });
        (queue[longer] ??= []).push(next);
      }
    }
  }
  return null;
}

// Where each moving key takes an edge that stands at a place.
function hops(edge, place) {
  const name = `${edge} ${place}`;
  if (reached.has(name)) return reached.get(name);
  const segment = edge === "start" ? [place, page.text.length] : [0, place];
  const draft = draftOf({ label: "", attributes: {}, segments: [segment], links: {} });
  const found = [];
  for (const move of segment[0] < segment[1] ? MOVES_OF[edge] : []) {
    if (takesLetter(move)) {
      found.push(...letterHops(move, edge, place));
      continue;
    }
    const next = pressed(draft, [KEYS[move]], {}).segments[0][edge === "start" ? 0 : 1];
    if (next !== place) found.push([KEYS[move], next]);
  }
  reached.set(name, found);
  return found;
}

// The first word of each letter, as a command that goes to a letter finds it.
function letterHops(move, edge, place) {
  const found = new Map();
  let left = WORDS;
  for (const [next, letter] of wordsFrom(page.text, page.blocks, place, move.includes("forward") ? 1 : -1, edge)) {
    if (LETTER.test(letter) && !found.has(letter)) found.set(letter, [`${KEYS[move]} ${letter}`, next]);
    left -= 1;
    if (left === 0) break;
  }
  return [...found.values()];
}

// The keys that give a draft boundaries in as many segments as it has, in each order that may work.
function boundaryPaths({ segments, segment }, wanted) {
  const last = wanted.length - 1;
  const edge = (name, index) => edgePath(name, segments[index][name === "start" ? 0 : 1], wanted[index][name === "start" ? 0 : 1]);
  const outer = [edge("start", 0), edge("end", last)];
  const inner = [];
  for (let index = 0; index <= last; index += 1) {
    inner.push([KEYS["next-segment"]]);
    if (index < last) inner.push(edge("end", index));
    if (index > 0) inner.push(edge("start", index));
  }
  if ([...outer, ...inner].includes(null)) return [];
  const between = inner.flat();
  while (between.at(-1) === KEYS["next-segment"]) between.pop();
  // A segment that was added is the one that moves, until the keys have gone round.
  const round = segment === null ? [] : Array(segments.length - segment).fill(KEYS["next-segment"]);
  if (segment === last && !between.length && !outer[0].length) round.length = 0;
  const [start, end] = outer;
  return [
    [...round, ...start, ...end, ...between],
    [...round, ...end, ...start, ...between],
    [...round, ...between, ...start, ...end],
  ];
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function picks(kind, length) {
  const key = KEYS[kind];
  return Array.from({ length }, (_, index) => (index < 1 ? [key] : index < MOST ? [key, String(index + 1)] : Array(index + 1).fill(key)));
}

// The keys for the segments: as they are or another choice, with a segment more or fewer, and then its edges.
function segmentKeys(draft, wanted, choices) {
  const { "remove-segment": minus, "next-segment": next, "add-segment": plus, "break-segment": split } = KEYS;
  let best = null;
  for (const open of [[], ...picks("alternative", choices.alternatives.length)]) {
    const { length } = pressed(draft, open, choices).segments;
    const shapes = length === wanted.length ? [[]] : length < wanted.length ? [[plus], [split], [plus, plus], [split, plus], [split, split]] : [[minus], [next, minus], [minus, minus]];
    for (const keys of shapes.map((shape) => [...open, ...shape])) {
      const now = pressed(draft, keys, choices);
      if (now.segments.length !== wanted.length || (best && cost(keys) >= cost(best))) continue;
      best = cheapest([best, ...boundaryPaths(now, wanted).map((path) => [...keys, ...path]).filter(makes)]);
    }
  }
  return best ?? brokenAround();

  // What is said around its reporting words: first all of it, and then broken in two.
  function brokenAround() {
    if (wanted.length !== 2 || draft.segments.length !== 1) return null;
    const whole = [[wanted[0][0], wanted[1][1]]];
    const ways = boundaryPaths(draft, whole).map((path) => [...path, split]);
    const broken = ways.map((path) => [path, pressed(draft, path, choices)]).filter(([, { segments }]) => segments.length === 2);
    const found = broken.flatMap(([path, now]) => boundaryPaths(now, wanted).map((rest) => [...path, ...rest]));
    return cheapest(found.filter(makes));
  }

  function makes(keys) {
    return same(pressed(draft, keys, choices).segments, wanted);
  }
}

function typeKeys(draft, wanted) {
  if (wanted === undefined || draft.attributes.type === wanted) return [];
  const values = page.labels.find(({ name }) => name === draft.label)?.attributes.type ?? [];
  return values.includes(wanted) ? [KEYS.type.replace("1–9", String(values.indexOf(wanted) + 1))] : null;
}

// The keys until the boundaries of a link move.
function turns(draft, kind) {
  const keys = [];
  for (let now = draft; now.part !== kind; now = pressed(now, [KEYS.part], {})) keys.push(KEYS.part);
  return keys;
}

function linkKeys(draft, kind, wanted, choices) {
  const now = draft.links[kind];
  if (same(now, wanted)) return [];
  if (wanted === null) return [KEYS[kind], KEYS.none];
  const list = choices.links[kind] ?? [];
  const opens = picks(kind, list.length).map((keys, index) => [keys, list[index]]);
  if (now) opens.push([turns(draft, kind), now]);
  let best = null;
  for (const [keys, segments] of opens) {
    if (segments.length !== 1 || wanted.length !== 1 || (best && cost(keys) >= cost(best))) continue;
    const makes = (whole) => same(pressed(draft, whole, choices).links[kind], wanted);
    best = cheapest([best, ...boundaryPaths({ segments, segment: null }, wanted).map((path) => [...keys, ...path]).filter(makes)]);
  }
  return best;
}

// The parts of a correction, each worked out on what the ones before it made; links first where segments hang on them.
const ORDERS = [["boundaries", "type", "source", "cue"], ["source", "cue", "boundaries", "type"]];

function correct(asked) {
  const { from, to, choices } = asked;
  const likely = isGoal(from, to) ? -1 : (choices.corrections ?? []).findIndex((one) => isGoal(one, to));
  if (likely === 0) return answer([KEYS.correction], differences(from, to));
  const whole = likely === 1 ? answer([KEYS["other-correction"]], differences(from, to)) : null;
  const first = correctInOrder(asked, ORDERS[0]);
  const settled = first && first.strikes <= ENOUGH;
  const other = settled || same(asked.from.segments, asked.to.segments) ? null : correctInOrder(asked, ORDERS[1]);
  return [whole, first, other].reduce((best, one) => (one && (!best || one.strikes < best.strikes) ? one : best), null);
}

function correctInOrder({ from, to, choices }, order) {
  const parts = {};
  let draft = draftOf(from);
  for (const part of order) {
    parts[part] = keysOf[part](draft, to, choices);
    if (parts[part] === null) return null;
    draft = pressed(draft, parts[part], choices);
  }
  if (!same(draft.segments, to.segments) || !same(draft.links, to.links)) return null;
  return answer([...Object.values(parts).flat(), KEYS.accept], ORDERS[0].filter((name) => parts[name].length));
}

function isGoal(one, { segments, attributes, links }) {
  const typed = attributes.type === undefined || one.attributes.type === attributes.type;
  return typed && same(one.segments, segments) && same(one.links, links);
}

function differences(from, to) {
  const same_ = { boundaries: same(from.segments, to.segments), type: to.attributes.type === undefined || from.attributes.type === to.attributes.type, source: same(from.links.source, to.links.source), cue: same(from.links.cue, to.links.cue) };
  return ORDERS[0].filter((name) => !same_[name]);
}

const keysOf = {
  boundaries: (draft, to, choices) => (same(draft.segments, to.segments) ? [] : segmentKeys(draft, to.segments, choices)),
  type: (draft, to) => typeKeys(draft, to.attributes.type),
  source: (draft, to, choices) => linkKeys(draft, "source", to.links.source, choices),
  cue: (draft, to, choices) => linkKeys(draft, "cue", to.links.cue, choices),
};

function answer(keys, kinds) {
  return { keys: keys.flatMap((key) => key.split(" ")), strikes: cost(keys), kinds };
}

function add({ caret, candidates, standing, to }) {
  const corrections = new Map();
  const corrected = (candidate) => {
    if (!corrections.has(candidate)) corrections.set(candidate, correct({ from: candidate, to, choices: candidate.choices }));
    return corrections.get(candidate);
  };
  // Only what shares words with it is likely to be near, and the rest is for want of better.
  return cheapestOf(({ segments }) => overlaps(segments, to.segments)) ?? cheapestOf(() => true);

  function cheapestOf(isLikely) {
    let best = null;
    for (const { keys, place } of carets(caret)) {
      if (best && cost(keys) + 2 >= best.strikes) continue;
      offered(candidates, place, standing, page).forEach((candidate, index) => {
        const opened = [...keys, ...picks("candidate", MOST)[index]];
        if (!isLikely(candidate) || (best && cost(opened) + 1 >= best.strikes)) return;
        const rest = corrected(candidate);
        const whole = rest && answer([...opened, ...rest.keys], ["missed"]);
        if (whole && (!best || whole.strikes < best.strikes)) best = whole;
      });
    }
    return best;
  }
}

// The places that few keys bring the caret to.
function* carets(caret) {
  const seen = new Map([[caret, []]]);
  for (const place of seen.keys()) {
    const keys = seen.get(place);
    yield { keys, place };
    if (keys.length >= MOVES) continue;
    for (const name of CARETS) {
      const next = movedCaret(place, { name }, page);
      if (!seen.has(next)) seen.set(next, [...keys, KEYS[name]]);
    }
  }
}

const CARETS = COMMANDS.map(({ name }) => name).filter((name) => name.startsWith("caret-"));

function overlaps(some, others) {
  return some.some((one) => others.some((other) => one[0] < other[1] && other[0] < one[1]));
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  let reply = null;
  if (message.page) {
    page = message.page;
    paths = new Map();
    reached = new Map();
  } else reply = message.correct ? correct(message.correct) : add(message.add);
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
