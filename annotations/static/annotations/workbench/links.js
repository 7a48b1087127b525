// What a relation could lead to: lines that are there, and what the engine offers, the likeliest first.

// Targets are {annotation, line, segments, words}; those of the engine have no annotation yet.
export function targetsOf(board, places, head, relation, offers) {
  const kinds = board.scheme.relations.find((one) => one.name === relation)?.children ?? [];
  const at = head.segments[0][0];
  const until = head.segments[head.segments.length - 1][1];
  const distance = (segments) => Math.max(segments[0][0] - until, at - segments[segments.length - 1][1], 0);
  const known = [];
  for (const line of board.lines.values()) {
    const shown = board.shown(line);
    if (line.line === head.line || !kinds.includes(shown.label) || board.stateOf(line) === "dropped") continue;
    known.push({ annotation: line.on, line: line.line, segments: shown.segments });
  }
  known.sort((one, other) => distance(one.segments) - distance(other.segments));
  const taken = new Set(known.map((target) => JSON.stringify(target.segments)));
  const offered = offers.filter((offer) => kinds.includes(offer.label) && !taken.has(JSON.stringify(offer.segments)));
  offered.sort((one, other) => distance(one.segments) - distance(other.segments));
  // What is there and near comes before what is offered, and that before what is there and far.
  const near = known.filter((target) => distance(target.segments) < NEAR);
  const far = known.filter((target) => distance(target.segments) >= NEAR);
  const all = [...near, ...offered.map(({ segments }) => ({ annotation: null, line: null, segments })), ...far];
  return all.map((target) => ({ ...target, words: places.words(target.segments) }));
}

const NEAR = 300;

// What a draft or a line leads to now by a relation, as targets.
export function linked(board, places, draft, line, relation) {
  const links = draft?.links[relation];
  if (links) return links.map((link) => ({ ...link, words: places.words(link.segments) }));
  if (!line) return [];
  return (line.links[relation] ?? [])
    .map((name) => board.get(name))
    .filter((child) => child && board.stateOf(child) !== "dropped")
    .map((child) => ({ annotation: child.on, line: child.line, segments: board.shown(child).segments, words: places.words(board.shown(child).segments) }));
}
