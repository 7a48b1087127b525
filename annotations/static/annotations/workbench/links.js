// What the keys can take for the line in focus: the engine's choices for it, and the sources and cues that are there.
import { linkable } from "./drafting.js";

// What the server offers, which is nothing until it has answered: choices by the line that they are for, and what may
// be missing from the text, with its segments in units.
export class Offers {
  constructor(places, body = null) {
    this.missing = (body?.missing ?? []).map((one) => ({ ...one, points: one.segments, segments: places.spanUnits(one.segments) }));
    this.choices = new Map((body?.lines ?? []).map(({ line, ...choices }) => [line, choices]));
  }

  rename(from, to) {
    if (!this.choices.has(from)) return;
    this.choices.set(to, this.choices.get(from));
    this.choices.delete(from);
  }
}

// As correcting.js takes them, in units. The engine's come first; then what stands near, and so on outwards.
export function choicesFor(board, places, draft, offered) {
  const links = {};
  for (const { name, heads } of board.scheme.relations) {
    if (!heads.includes(draft.label)) continue;
    const engines = offered?.links?.[name] ?? [];
    const there = nearest(linkable(board, name, draft.line).map((line) => board.shown(line).segments), places.spanPoints(draft.segments));
    links[name] = unique([...engines, ...there]).map((segments) => places.spanUnits(segments));
  }
  const alternatives = (offered?.alternatives ?? []).map((one) => ({ segments: places.spanUnits(one.segments), attributes: one.attributes ?? {} }));
  return { alternatives, links, corrections: correctionsFor(places, offered) };
}

// The likely corrections among what is offered; the card asks for them with every line that it shows.
export function correctionsFor(places, offered) {
  return (offered?.corrections ?? []).map(({ segments, attributes, links }) => {
    const linked = Object.entries(links).map(([kind, span]) => [kind, span && places.spanUnits(span)]);
    return { segments: places.spanUnits(segments), attributes, links: Object.fromEntries(linked) };
  });
}

function nearest(all, segments) {
  const [from, to] = [segments[0][0], segments[segments.length - 1][1]];
  const distance = (span) => Math.max(span[0][0] - to, from - span[span.length - 1][1], 0);
  return [...all].sort((one, other) => distance(one) - distance(other));
}

function unique(all) {
  const seen = new Set();
  return all.filter((segments) => {
    const written = JSON.stringify(segments);
    return !seen.has(written) && seen.add(written);
  });
}
