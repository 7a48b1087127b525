// What the keys do to an annotation that is being changed. Nothing here knows of the page or the server: a draft goes
// in with a command of the key table, and the changed draft comes out, or the very same one where the command changes
// nothing. All places are UTF-16 units of the article's text.
//
// A draft is {label, attributes, segments: [[start, end], …], links: {source: [[start, end], …] | null, cue: …}, part,
// segment, list}. `part` is what boundary keys move: "self", or a link that it has. `segment` is the one segment that
// they move, or null: then the start of the first moves, and the end of the last. `list` is the list that the next
// digit takes from, as {kind}, or null.
//
// `page` is {text, blocks, labels: [{name, attributes: {type: […]}}], choices, selection}. `choices` is what may be
// taken for this annotation: {alternatives: [{segments, attributes}], links: {source: [segments, …], cue: …}, corrections},
// where each correction is all that it may well be if it is not right: {segments, attributes, links}.
import { endOfQuotation, isStop, step, stepToLetter } from "./boundaries.js";

const MOVE = /^(start|end)-(forward|back)-(character|word|clause|sentence|quote|paragraph|letter)$/;

export function draftOf({ label, attributes, segments, links }) {
  return { label, attributes, segments, links, part: "self", segment: null, list: null };
}

// A command that goes to a letter comes with it.
export function press(draft, { name, number, letter = "" }, page) {
  const move = MOVE.exec(name);
  if (move) return moved(draft, move[1], move[2] === "forward" ? 1 : -1, move[3], letter, page);
  const act = ACTS[name];
  return act ? act(draft, page, number) : draft;
}

// The decision that a draft comes to on what it was drafted from: only what differs is in it. Null where nothing does.
export function changesOf(draft, original) {
  const changes = {};
  if (draft.label !== original.label) changes.label = draft.label;
  if (!same(draft.attributes, original.attributes)) changes.attributes = { ...takenAway(draft, original), ...draft.attributes };
  if (!same(draft.segments, original.segments)) changes.segments = draft.segments;
  const links = Object.keys(draft.links).filter((kind) => !same(draft.links[kind], original.links[kind] ?? null));
  if (links.length) changes.links = Object.fromEntries(links.map((kind) => [kind, draft.links[kind]]));
  return Object.keys(changes).length ? changes : null;
}

// What was said and is no longer, as null by its name: an attribute that a correction does not name stays.
function takenAway(draft, original) {
  const gone = Object.keys(original.attributes).filter((name) => !(name in draft.attributes));
  return Object.fromEntries(gone.map((name) => [name, null]));
}

// What `e` offers at a caret: the candidates that may be missing from its paragraph on, the best first. One that is
// farther off must be the better, and so must one that was passed over or shares its words with what stands; what stands
// itself is none.
export function offered(candidates, caret, standing, { text, blocks }) {
  const from = step(text, blocks, caret + 1, "sentence", -1, "start");
  const first = step(text, blocks, caret + 1, "paragraph", -1, "start");
  return candidates
    .filter(({ segments }) => segments[0][0] >= first && !standing.some((other) => same(other, segments)))
    .map((candidate) => ({ candidate, worth: worthOf(candidate) }))
    .sort((one, other) => other.worth - one.worth)
    .slice(0, MOST)
    .map(({ candidate }) => candidate);

  function worthOf({ score, segments }) {
    const shares = standing.some((other) => mostlyIn(segments, other));
    const away = segments[0][0] - from;
    return score - Math.abs(away) * FARTHER - (away < 0 ? PASSED : 0) - (shares ? SHARING : 0);
  }
}

// Where the caret stands after a command that moves it, always at the start of a sentence.
export function movedCaret(caret, { name }, { text, blocks }) {
  const [, way, paragraph] = CARET.exec(name) ?? [];
  if (!way) return caret;
  const direction = way === "forward" ? 1 : -1;
  const next = paragraph ? caret : step(text, blocks, caret, "sentence", direction, "start");
  const block = blocks.find(({ start, end }) => start <= next && next <= end);
  const within = next !== caret && next !== block?.end;
  return within ? next : step(text, blocks, caret, "paragraph", direction, "start");
}

const CARET = /^caret-(forward|back)(-paragraph)?$/;
// As many as there are digits to choose by.
const MOST = 9;
// What a candidate must be better for each unit that it is farther from the caret.
const FARTHER = 0.0008;
const SHARING = 0.5;
const PASSED = 0.1;

// Whether half of the segments or more lies within others.
function mostlyIn(segments, others) {
  let length = 0;
  let shared = 0;
  for (const [start, end] of segments) {
    length += end - start;
    for (const other of others) shared += Math.max(0, Math.min(end, other[1]) - Math.max(start, other[0]));
  }
  return 2 * shared >= length;
}

// --- boundaries ----------------------------------------------------------------------------------------------

function moved(draft, edge, direction, unit, letter, page) {
  const segments = segmentsOf(draft);
  const index = draft.segment ?? (edge === "start" ? 0 : segments.length - 1);
  const [start, end] = segments[index];
  const place = edge === "start" ? start : end;
  const { text, blocks } = page;
  const next = unit === "letter" ? stepToLetter(text, blocks, place, letter, direction, edge) : step(text, blocks, place, unit, direction, edge);
  const changed = edge === "start" ? [next, end] : [start, next];
  if (changed[0] >= changed[1] || same(changed, segments[index])) return draft;
  return withSegments(draft, joined(segments.with(index, changed)), page);
}

function addSegment(draft, page) {
  const { text, blocks, selection } = page;
  const segments = segmentsOf(draft);
  const added = selection ? [selection.start, selection.end] : nextClause(text, blocks, draft, segments.at(-1)[1]);
  if (!added || added[0] >= added[1]) return draft;
  const all = joined([...segments, added]);
  const index = all.findIndex(([start, end]) => start <= added[0] && added[1] <= end);
  return { ...withSegments(draft, all, page), segment: all.length > 1 ? index : null };
}

// Where speech goes on behind the words that report it: the next quotation, or else the next clause without them. It is
// looked for in this paragraph and in the next.
function nextClause(text, blocks, draft, place) {
  const unit = isStop(text, { start: 0, end: text.length }, place, "quote", "end") ? "quote" : "clause";
  const reporting = Object.values(draft.links).flatMap((spans) => spans ?? []);
  const isStart = (start) => isStop(text, { start: 0, end: text.length }, start, unit, "start");
  for (const start of startsBehind(text, blocks, place, unit)) {
    // One further, for at its very start an end still belongs to the paragraph before.
    const end = isStart(start) ? step(text, blocks, start + 1, unit, 1, "end") : start;
    if (end > start && !reporting.some((span) => span[0] < end && start < span[1])) return [start, end];
  }
  return null;
}

function* startsBehind(text, blocks, place, unit) {
  const paragraph = step(text, blocks, place, "paragraph", 1, "start");
  for (let start = place; start < paragraph || paragraph === place; ) {
    const next = step(text, blocks, start, unit, 1, "start");
    if (next === start) break;
    yield next;
    start = next;
  }
  if (paragraph > place) {
    yield paragraph;
    yield step(text, blocks, paragraph, unit, 1, "start");
  }
}

function removeSegment(draft, page) {
  const segments = segmentsOf(draft);
  if (segments.length < 2) return draft;
  return { ...withSegments(draft, segments.toSpliced(draft.segment ?? segments.length - 1, 1), page), segment: null };
}

// Breaks a segment at the edge of a paragraph within it, around the reporting words within it, or else at a clause.
function breakSegment(draft, page) {
  const segments = segmentsOf(draft);
  const index = draft.segment ?? segments.length - 1;
  const [start, end] = segments[index];
  const gap = gapsWithin(start, end, draft, page).find(([from, to]) => start < from && from < to && to < end);
  if (!gap) return draft;
  return { ...withSegments(draft, segments.toSpliced(index, 1, [start, gap[0]], [gap[1], end]), page), segment: null };
}

function gapsWithin(start, end, { links }, { text, blocks }) {
  const before = (place) => step(text, blocks, place, "word", -1, "end");
  const behind = (place) => step(text, blocks, place, "word", 1, "start");
  const edge = step(text, blocks, start, "paragraph", 1, "end");
  const clause = step(text, blocks, start, "clause", 1, "end");
  const reporting = Object.values(links).flatMap((spans) => spans ?? []).filter((span) => start < span[0] && span[1] < end);
  const around = reporting.length
    ? [before(Math.min(...reporting.map((span) => span[0]))), behind(Math.max(...reporting.map((span) => span[1])))]
    : [end, end];
  return [[edge, step(text, blocks, edge, "paragraph", 1, "start")], around, [clause, behind(clause)]];
}

function nextSegment(draft) {
  const { length } = segmentsOf(draft);
  if (length < 2) return draft;
  const next = (draft.segment ?? -1) + 1;
  return { ...draft, segment: next < length ? next : null, list: null };
}

function nextPart(draft) {
  const parts = ["self", ...Object.keys(draft.links).filter((kind) => draft.links[kind] !== null)];
  if (parts.length < 2) return draft;
  return { ...draft, part: parts[(parts.indexOf(draft.part) + 1) % parts.length], segment: null, list: null };
}

function segmentsOf(draft) {
  return draft.part === "self" ? draft.segments : draft.links[draft.part];
}

function withSegments(draft, segments, page) {
  const itself = draft.part === "self";
  const changed = itself ? { segments, attributes: retyped(draft, segments, page) } : { links: { ...draft.links, [draft.part]: segments } };
  const segment = draft.segment !== null && draft.segment < segments.length ? draft.segment : null;
  return { ...draft, ...changed, segment, list: null };
}

function joined(segments) {
  const result = [];
  for (const [start, end] of segments.toSorted((one, other) => one[0] - other[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)];
    else result.push([start, end]);
  }
  return result;
}

// --- what is taken from a list -------------------------------------------------------------------------------

function takeNext(kind) {
  return (draft, { choices }) => {
    const list = listOf(choices, kind);
    if (!list.length) return { ...draft, list: { kind } };
    // By what is in hand, for more may have come into an open list.
    const at = draft.list?.kind === kind ? list.findIndex((choice) => isInHand(draft, kind, choice)) : -1;
    return { ...taken(draft, kind, list[(at + 1) % list.length]), list: { kind } };
  };
}

// Whether an entry of a list is what the draft has by now.
export function isInHand(draft, kind, choice) {
  return kind === "alternative" ? same(choice.segments, draft.segments) : same(choice, draft.links[kind] ?? null);
}

function takeNumbered(draft, { choices, labels }, number) {
  if (draft.list === null) {
    const label = labels[number - 1];
    return label ? labelled(draft, label) : draft;
  }
  const { kind } = draft.list;
  const list = listOf(choices, kind);
  return number <= list.length ? { ...taken(draft, kind, list[number - 1]), list: null } : draft;
}

function taken(draft, kind, choice) {
  if (kind === "alternative") {
    return { ...draft, segments: choice.segments, attributes: { ...draft.attributes, ...choice.attributes }, part: "self", segment: null };
  }
  return { ...draft, links: { ...draft.links, [kind]: choice }, part: kind, segment: null };
}

function takeCorrection(index) {
  return (draft, { choices }) => {
    const correction = choices.corrections?.[index];
    if (!correction) return draft;
    const whole = { attributes: { ...draft.attributes, ...correction.attributes }, links: { ...draft.links, ...correction.links } };
    return { ...draft, ...whole, segments: correction.segments, part: "self", segment: null, list: null };
  };
}

function listOf(choices, kind) {
  return (kind === "alternative" ? choices.alternatives : choices.links[kind]) ?? [];
}

// There is none of what the list was opened for.
function takeNone(draft) {
  if (draft.list === null || draft.list.kind === "alternative") return draft;
  return { ...draft, links: { ...draft.links, [draft.list.kind]: null }, part: "self", segment: null, list: null };
}

// --- label and type ------------------------------------------------------------------------------------------

function labelled(draft, label) {
  const kept = Object.entries(draft.attributes).filter(([name, value]) => label.attributes[name]?.includes(value));
  return { ...draft, label: label.name, attributes: Object.fromEntries(kept) };
}

// The type of a quote follows its quotation marks for as long as it is what they say.
function retyped({ label, attributes, segments }, changed, { text, labels }) {
  const values = labels.find(({ name }) => name === label)?.attributes.type ?? [];
  if (!values.includes(attributes.type) || attributes.type !== typeOfSpeech(text, segments)) return attributes;
  const type = typeOfSpeech(text, changed);
  return values.includes(type) ? { ...attributes, type } : attributes;
}

// Direct where all of it stands in quotation marks, mixed where a part does, and more than a name.
function typeOfSpeech(text, segments) {
  let quoted = false;
  let rest = false;
  for (const [start, end] of segments) {
    for (let place = start; place < end; place += 1) {
      const closed = endOfQuotation(text, place, end);
      if (closed > place) {
        quoted ||= !isName(text.slice(place, closed)) || (place === start && closed === end);
        place = closed - 1;
      } else rest ||= /[\p{L}\p{N}]/u.test(text[place]);
    }
  }
  if (!quoted) return "indirect";
  return rest ? "mixed" : "direct";
}

function isName(quotation) {
  const words = quotation.slice(1, -1).split(/\s+/);
  return words.length <= 4 && words.every((word) => /^\p{Lu}.*[\p{L}\p{N}]$/u.test(word));
}

// The values of the attributes that the label has, by their number through all of them; the one that it has is taken away.
function typed(draft, { labels }, number) {
  const attributes = labels.find(({ name }) => name === draft.label)?.attributes ?? {};
  const values = Object.entries(attributes).flatMap(([name, all]) => all.map((value) => [name, value]));
  const [name, value] = values[number - 1] ?? [];
  if (!name) return draft;
  const { [name]: before, ...others } = draft.attributes;
  return { ...draft, attributes: before === value ? others : { ...draft.attributes, [name]: value }, list: null };
}

const ACTS = {
  alternative: takeNext("alternative"),
  correction: takeCorrection(0),
  "other-correction": takeCorrection(1),
  source: takeNext("source"),
  cue: takeNext("cue"),
  number: takeNumbered,
  none: takeNone,
  type: typed,
  part: nextPart,
  "add-segment": addSegment,
  "remove-segment": removeSegment,
  "break-segment": breakSegment,
  "next-segment": nextSegment,
};

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
