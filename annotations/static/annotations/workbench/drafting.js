// Between the board, which counts code points and knows lines, and correcting.js, which counts UTF-16 units and knows
// spans alone. A draft of the workbench is one of correcting.js with the `line` that it changes (null for something
// new), the `reason` that it has no source for, and `why` it was offered.
import { changesOf, draftOf } from "../correcting.js";

// The name of the line in focus while it is a draft of something new.
export const NEW = "new";

// What a line says now, as a draft that changes nothing.
export function draftOfLine(board, places, line) {
  const { label, attributes, segments } = board.shown(line);
  const links = {};
  for (const { name, heads } of board.scheme.relations) {
    if (!heads.includes(label)) continue;
    const child = childrenBy(board, line, name)[0];
    links[name] = child ? places.spanUnits(board.shown(child).segments) : null;
  }
  const draft = draftOf({ label, attributes, segments: places.spanUnits(segments), links });
  return { ...draft, line: line.line, reason: "", why: "" };
}

// Something that nobody has said yet; `said` has its offsets in code points.
export function draftOfNew(board, places, said) {
  const links = {};
  for (const { name, heads } of board.scheme.relations) {
    if (heads.includes(said.label)) links[name] = said.links?.[name] ? places.spanUnits(said.links[name]) : null;
  }
  const draft = draftOf({ label: said.label, attributes: said.attributes ?? {}, segments: places.spanUnits(said.segments), links });
  return { ...draft, line: null, reason: "", why: said.reason ?? "" };
}

// The decision that a draft comes to, or null where it changes nothing. `name` is for what is new.
export function decisionOf(board, places, draft, name) {
  const line = draft.line && board.get(draft.line);
  const changes = line ? changesOf(draft, draftOfLine(board, places, line)) : newIn(draft);
  if (!changes) return null;
  const decision = line ? { verdict: "correct", line: line.line } : { verdict: "add", line: name };
  for (const field of ["label", "attributes"]) if (changes[field]) decision[field] = changes[field];
  if (changes.segments) decision.segments = places.spanPoints(changes.segments);
  if (changes.links) {
    const wanted = Object.entries(changes.links).map(([relation, span]) => [relation, span ? [linkOf(board, places, relation, span, draft.line)] : []]);
    decision.links = Object.fromEntries(wanted);
  }
  if (draft.reason && Object.values(decision.links ?? {}).some((links) => links.length === 0)) decision.reason = draft.reason;
  return decision;
}

function newIn({ label, attributes, segments, links }) {
  const there = Object.entries(links).filter(([, span]) => span !== null);
  return { label, attributes, segments, links: Object.fromEntries(there) };
}

// A span that a line has already is a link to that line; another one becomes an annotation of its own.
function linkOf(board, places, relation, span, head) {
  const segments = places.spanPoints(span);
  const line = lineWith(board, relation, segments, head);
  return line?.on ? { annotation: line.on } : { segments };
}

// The line that a relation may lead to and that has just these segments.
export function lineWith(board, relation, segments, head) {
  const written = JSON.stringify(segments);
  return linkable(board, relation, head).find((line) => JSON.stringify(board.shown(line).segments) === written);
}

export function linkable(board, relation, head) {
  const kinds = board.scheme.relations.find(({ name }) => name === relation)?.children ?? [];
  return [...board.lines.values()].filter((line) => line.line !== head && kinds.includes(board.shown(line).label) && board.stateOf(line) !== "dropped");
}

// What a relation leads to, as [{line, segments}] in code points; of a draft, what it would lead to.
export function linkedBy(board, places, line, draft, relation) {
  if (draft) {
    const span = draft.links[relation];
    if (!span) return [];
    const segments = places.spanPoints(span);
    return [{ line: lineWith(board, relation, segments, draft.line)?.line ?? null, segments }];
  }
  return line ? childrenBy(board, line, relation).map((child) => ({ line: child.line, segments: board.shown(child).segments })) : [];
}

function childrenBy(board, line, relation) {
  return board.childrenOf(line).filter(([name, child]) => name === relation && board.stateOf(child) !== "dropped").map(([, child]) => child);
}
