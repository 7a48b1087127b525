// Where the boundary of a span may go: by character, word, clause, sentence, quotation mark or paragraph.
//
// All places are UTF-16 units of one string, the article's text. A boundary has stops: the end of a span stops behind
// a word and never behind a space, its start stops before a word and never before a space. Whether a place is a stop is
// told from the text around it alone, so a step forward and one back meet the same stops, and a step costs what it
// passes over and not what the article is long.

const WORD = /[\p{L}\p{M}\p{N}\p{So}\p{Sc}\p{Extended_Pictographic}\p{Emoji_Modifier}%_@#&\u200d\u{e0020}-\u{e007f}]/u;
const DIGIT = /\p{Nd}/u;
const SPACE = /\s/u;
const LOWER = /\p{Ll}/u;
// Written without spaces between words: only a dictionary knows where one ends.
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]/u;
const JOINERS = new Set(["'", "’", "-", "‑", "·", "\u00ad", "\u200c", "\u05be", "\u05f3", "\u05f4"]);
const DOUBLE_MARKS = new Set(["''", "``", "<<", ">>", ",,"]);
const MARKS = new Set([..."\"“”„‟＂«»‹›‘’‚‛'`´「」『』"]);
const SINGLE_MARKS = new Set([..."'’‘‚‛`´"]);
const OPENING_MARKS = new Set([..."“„‟«‹‘‚‛「『", "``", "<<", ",,"]);
const CLOSING_MARKS = new Set([..."”»›’」』", "''", ">>"]);
const OPENING_BRACKETS = new Set([..."([{（【〈《¿¡"]);
const CLOSING_BRACKETS = new Set([...")]}）】〉》"]);
const TERMINATORS = new Set([...".!?…。！？؟۔।"]);
const WIDE_TERMINATORS = new Set([..."。！？"]);
const PARTING = new Set([...",;:—–―、，；：،؛"]);
const ABBREVIATIONS = new Set(
  "mr mrs ms dr sen sens rep reps gov gen col lt prof rev st jr sr capt sgt adm hon no vs inc corp co ltd jan feb aug sept oct nov dec".split(" "),
);

const characters = new Intl.Segmenter("en", { granularity: "grapheme" });
const words = new Intl.Segmenter("ja", { granularity: "word" });

// The stop of a boundary that comes next, or the edge of the block. `edge` tells which boundary moves, "start" or
// "end"; `direction` is 1 for later in the text and -1 for earlier. `blocks` are {start, end}, sorted and disjoint; a
// step leaves its block by paragraph alone.
export function step(text, blocks, place, unit, direction, edge = "end") {
  const number = blockAround(blocks, place, edge);
  if (number < 0) return place;
  if (unit === "paragraph") return nextParagraph(text, blocks, number, place, direction, edge);
  const block = blocks[number];
  const last = direction > 0 ? block.end : block.start;
  if ((last - place) * direction <= 0) return place;
  for (let next = place + direction; (last - next) * direction > 0; next += direction) {
    if (isStop(text, block, next, unit, edge)) return next;
  }
  return last;
}

// The stop of a boundary at the next word that begins with a letter, whatever its case and accents; its own place where
// its block has none.
export function stepToLetter(text, blocks, place, letter, direction, edge = "end") {
  const wanted = bare(letter);
  for (const [next, initial] of wordsFrom(text, blocks, place, direction, edge)) if (initial === wanted) return next;
  return place;
}

// The stops of a boundary by word, from a place on, each with the letter that its word begins with.
export function* wordsFrom(text, blocks, place, direction, edge) {
  let at = place;
  for (let next = step(text, blocks, at, "word", direction, edge); next !== at; next = step(text, blocks, at, "word", direction, edge)) {
    const start = edge === "start" ? next : step(text, blocks, next, "word", -1, "start");
    yield [next, bare(text.slice(start, start + 4).match(/[\p{L}\p{N}]/u)?.[0] ?? "")];
    at = next;
  }
}

function bare(letter) {
  return letter.normalize("NFD").slice(0, 1).toLowerCase();
}

// Whether a boundary of this kind may stop at a place within a block. Its edges are stops as well.
export function isStop(text, block, place, unit, edge = "end") {
  return STOPS[unit][edge](text, block, place) && isBetweenCharacters(text, block, place);
}

// What a selection by mouse most likely means: whole words, no white space at its edges, both marks of a quotation or
// neither, and no comma or full stop behind it. Null where nothing but white space was selected.
export function snap(text, start, end) {
  while (start < end && SPACE.test(text[start])) start += 1;
  while (end > start && SPACE.test(text[end - 1])) end -= 1;
  if (start >= end) return null;
  const within = (place) => isInsideWord(text, place) || !isBetweenCharacters(text, wholeOf(text), place);
  while (start > 0 && within(start)) start -= 1;
  while (end < text.length && within(end)) end += 1;
  return balanced(text, start, withoutStop(text, start, end));
}

// Where the quotation ends that a mark opens at a place, its closing mark included; the place itself where none does.
export function endOfQuotation(text, place, end) {
  if (!opensAt(text, place)) return place;
  const single = SINGLE_MARKS.has(markAt(text, place));
  for (let next = place + 2; next <= end; next += 1) {
    if (closesBefore(text, next) && SINGLE_MARKS.has(markBefore(text, next)) === single) return next;
  }
  return end;
}

// --- marks ---------------------------------------------------------------------------------------------------

function markAt(text, place) {
  if (place + 1 < text.length && DOUBLE_MARKS.has(text.slice(place, place + 2))) return text.slice(place, place + 2);
  return place < text.length && MARKS.has(text[place]) ? text[place] : "";
}

function markBefore(text, place) {
  if (place > 1 && DOUBLE_MARKS.has(text.slice(place - 2, place))) return text.slice(place - 2, place);
  return place > 0 && MARKS.has(text[place - 1]) ? text[place - 1] : "";
}

// Whether the mark that begins at a place opens or closes a quotation, by its neighbours, or by its form where they
// tell nothing. A straight mark between two letters does both.
function sides(text, place, mark) {
  const before = characterBefore(text, place);
  const after = characterAt(text, place + mark.length);
  const free = { before: isFreeBefore(before), after: isFreeAfter(after) };
  if (SINGLE_MARKS.has(mark)) {
    const possessive = /[\p{L}\p{N}]/u.test(before) && (WORD.test(after) || /[sS]/.test(before));
    return {
      opens: free.before && !free.after && mark !== "’",
      closes: !free.before && free.after && !possessive && mark !== "‘",
    };
  }
  if (free.before !== free.after) return { opens: free.before, closes: free.after };
  if (PARTING.has(before) || TERMINATORS.has(before)) return { opens: false, closes: true };
  return { opens: !CLOSING_MARKS.has(mark), closes: !OPENING_MARKS.has(mark) };
}

// What stands before a quotation: nothing, space, a colon or dash, what opens.
function isFreeBefore(character) {
  if (character === "" || SPACE.test(character) || OPENING_BRACKETS.has(character)) return true;
  return ":：—–―".includes(character) || (OPENING_MARKS.has(character) && character !== "“");
}

// What stands behind a quotation: nothing, space, punctuation, what closes.
function isFreeAfter(character) {
  if (character === "" || SPACE.test(character) || CLOSING_BRACKETS.has(character)) return true;
  return PARTING.has(character) || TERMINATORS.has(character) || (CLOSING_MARKS.has(character) && character !== "”");
}

function opensAt(text, place) {
  const mark = markAt(text, place);
  return mark !== "" && !splitsMark(text, place) && sides(text, place, mark).opens;
}

function closesBefore(text, place) {
  const mark = markBefore(text, place);
  return mark !== "" && !splitsMark(text, place) && sides(text, place - mark.length, mark).closes;
}

function splitsMark(text, place) {
  return place > 0 && place < text.length && DOUBLE_MARKS.has(text.slice(place - 1, place + 1));
}

// --- characters and words ------------------------------------------------------------------------------------

function characterBefore(text, place) {
  if (place <= 0) return "";
  const low = text.charCodeAt(place - 1);
  const pair = low >= 0xdc00 && low <= 0xdfff && place > 1 && (text.charCodeAt(place - 2) & 0xfc00) === 0xd800;
  return text.slice(place - (pair ? 2 : 1), place);
}

function characterAt(text, place) {
  return place < text.length ? String.fromCodePoint(text.codePointAt(place)) : "";
}

// Letters, digits and marks that never join with what stands before or behind them.
const PLAIN =
  /[\x20-\x7e\u00a0-\u00ac\u00ae-\u024f\u0370-\u0482\u048a-\u052f\u05d0-\u05ea\u0621-\u064a\u1e00-\u1fff\u2010-\u2027\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]/;
// Behind one of those, a letter begins a character of its own; these two are written as parts of the one before.
const BEGINS = /[^\P{L}\u0e33\u0eb3]/u;

// Whether a place does not run through what a reader sees as one character.
function isBetweenCharacters(text, block, place) {
  if (place <= block.start || place >= block.end || partsPlainly(text, place)) return true;
  let start = place - 1;
  while (start > block.start && !partsPlainly(text, start)) start -= 1;
  const found = characters.segment(text.slice(start, place + 2)).containing(place - start);
  return found === undefined || found.index === place - start;
}

function partsPlainly(text, place) {
  return PLAIN.test(text[place - 1]) && (PLAIN.test(text[place]) || BEGINS.test(text[place]));
}

function isInsideWord(text, place) {
  const before = characterBefore(text, place);
  const after = characterAt(text, place);
  if (WORD.test(before) && WORD.test(after)) {
    const unspaced = UNSPACED.test(before);
    if (unspaced !== UNSPACED.test(after)) return false;
    return !unspaced || !wordEdges(text, place).has(place);
  }
  if (WORD.test(before)) return joins(text, place, after);
  return WORD.test(after) && joins(text, place - before.length, before);
}

// Whether the character at a place holds the letters on its sides together: don't, Jean-Luc, 3.5, U.S.
function joins(text, place, character) {
  const before = characterBefore(text, place);
  const after = characterAt(text, place + character.length);
  if (!WORD.test(before) || !WORD.test(after)) return false;
  if (JOINERS.has(character)) return true;
  if (DIGIT.test(before) && DIGIT.test(after)) return ".,:/".includes(character);
  return character === "." && !WORD.test(characterBefore(text, place - before.length));
}

let lastRun = { text: "", start: 0, end: 0, edges: new Set() };

// The places between the words of the unspaced run around a place; the last run is remembered.
function wordEdges(text, place) {
  if (lastRun.text === text && lastRun.start < place && place < lastRun.end) return lastRun.edges;
  let start = place;
  while (UNSPACED.test(characterBefore(text, start))) start -= characterBefore(text, start).length;
  let end = place;
  while (UNSPACED.test(characterAt(text, end))) end += characterAt(text, end).length;
  const edges = new Set();
  for (const { index } of words.segment(text.slice(start, end))) edges.add(start + index);
  lastRun = { text, start, end, edges };
  return edges;
}

function endsWord(text, block, place) {
  if (place <= block.start || place > block.end) return false;
  if (WORD.test(characterBefore(text, place))) return !isInsideWord(text, place);
  if (splitsMark(text, place)) return false;
  const closes = closesBefore(text, place) || CLOSING_BRACKETS.has(text[place - 1]);
  return closes && !closesAtPlace(text, place);
}

function startsWord(text, block, place) {
  if (place < block.start || place >= block.end) return false;
  if (WORD.test(characterAt(text, place))) return !isInsideWord(text, place);
  if (splitsMark(text, place)) return false;
  const opens = opensAt(text, place) || OPENING_BRACKETS.has(text[place]);
  return opens && !opensBefore(text, place);
}

function closesAtPlace(text, place) {
  const mark = markAt(text, place);
  return mark ? sides(text, place, mark).closes : CLOSING_BRACKETS.has(text[place]);
}

function opensBefore(text, place) {
  const mark = markBefore(text, place);
  return mark ? sides(text, place - mark.length, mark).opens : OPENING_BRACKETS.has(text[place - 1]);
}

// --- clauses -------------------------------------------------------------------------------------------------

function endsClause(text, block, place) {
  if (!endsWord(text, block, place)) return false;
  if (closesBefore(text, place) || CLOSING_BRACKETS.has(text[place - 1])) return true;
  if (endsSentence(text, block, place)) return true;
  const next = skipSpaces(text, place, block.end);
  const character = characterAt(text, next);
  if (PARTING.has(character)) return !closesAtPlace(text, next + 1);
  if (OPENING_BRACKETS.has(character) || CLOSING_BRACKETS.has(character)) return true;
  return isDash(text, next, next > place) || opensAt(text, next) || hasThat(text, next);
}

function startsClause(text, block, place) {
  if (!startsWord(text, block, place)) return false;
  if (opensAt(text, place) || hasThat(text, place) || startsSentence(text, block, place)) return true;
  const previous = skipSpacesBack(text, place, block.start);
  const character = characterBefore(text, previous);
  if (PARTING.has(character) || CLOSING_BRACKETS.has(character) || OPENING_BRACKETS.has(character)) return true;
  if (isDashBefore(text, previous, previous < place)) return true;
  return previous < place && (closesBefore(text, previous) || hasThat(text, previous - 4));
}

function hasThat(text, place) {
  if (place < 0 || !/^that$/i.test(text.slice(place, place + 4))) return false;
  return !WORD.test(characterBefore(text, place)) && !isInsideWord(text, place + 4);
}

function isDash(text, place, spaced) {
  if (text[place] !== "-") return false;
  return text[place + 1] === "-" || (spaced && SPACE.test(text[place + 1] ?? " "));
}

function isDashBefore(text, place, spaced) {
  if (text[place - 1] !== "-") return false;
  return text[place - 2] === "-" || (spaced && SPACE.test(text[place - 2] ?? " "));
}

function skipSpaces(text, place, end) {
  while (place < end && SPACE.test(text[place])) place += 1;
  return place;
}

function skipSpacesBack(text, place, start) {
  while (place > start && SPACE.test(text[place - 1])) place -= 1;
  return place;
}

// --- sentences -----------------------------------------------------------------------------------------------

// A sentence that is no quotation ends before its full stop, as the guideline has it.
function endsSentence(text, block, place) {
  if (!endsWord(text, block, place)) return false;
  let gap = place;
  while (gap < block.end && TERMINATORS.has(text[gap])) gap += 1;
  if (gap > place && closesAtPlace(text, gap)) return false;
  return breaksSentence(text, block, gap);
}

function startsSentence(text, block, place) {
  if (!startsWord(text, block, place)) return false;
  const gap = skipSpacesBack(text, place, block.start);
  return gap === block.start || breaksSentence(text, block, gap);
}

// Whether one sentence ends at a place, its full stop and marks included, and another begins behind it.
function breaksSentence(text, block, gap) {
  const next = skipSpaces(text, gap, block.end);
  if (next >= block.end || /\n\s*\n/.test(text.slice(gap, next))) return true;
  let stop = gap;
  while (stop > block.start && (CLOSING_BRACKETS.has(text[stop - 1]) || MARKS.has(text[stop - 1]))) stop -= 1;
  const terminator = text[stop - 1];
  if (!TERMINATORS.has(terminator)) return false;
  if (WIDE_TERMINATORS.has(terminator)) return true;
  if (next === gap || LOWER.test(firstLetter(text, next, block.end))) return false;
  return terminator !== "." || !isAbbreviation(text, block, stop - 1);
}

function firstLetter(text, place, end) {
  while (place < end && (MARKS.has(text[place]) || OPENING_BRACKETS.has(text[place]))) place += 1;
  return characterAt(text, place);
}

// Whether the full stop at a place belongs to the word before it: Dr. Gull, Bob A. Lee, the U.S. Senate.
function isAbbreviation(text, block, place) {
  let start = place;
  while (start > block.start && place - start < 6 && /[A-Za-z]/.test(text[start - 1])) start -= 1;
  const word = text.slice(start, place);
  return (word.length === 1 && word !== "I") || ABBREVIATIONS.has(word.toLowerCase());
}

// --- the selection -------------------------------------------------------------------------------------------

function withoutStop(text, start, end) {
  const last = text[end - 1];
  if (end - 1 <= start || ![",", ";", ":", "."].includes(last)) return end;
  if (last === "." && (text[end - 2] === "." || isAbbreviation(text, { start }, end - 1))) return end;
  return withoutStop(text, start, skipSpacesBack(text, end - 1, start));
}

// A mark that stands just outside belongs to the selection where its partner is in it, or stands outside as well.
function balanced(text, start, end) {
  const begun = opensAt(text, start);
  const ended = closesBefore(text, end);
  const earlier = start - markBefore(text, start).length;
  const opener = !begun && earlier < start && opensAt(text, earlier) && isBetweenCharacters(text, wholeOf(text), earlier);
  let mark = end;
  while (mark - end < 2 && (PARTING.has(text[mark]) || TERMINATORS.has(text[mark]))) mark += 1;
  const later = mark + markAt(text, mark).length;
  const closer = !ended && later > mark && closesAtPlace(text, mark) && isBetweenCharacters(text, wholeOf(text), later);
  return { start: opener && (closer || ended) ? earlier : start, end: closer && (opener || begun) ? later : end };
}

function wholeOf(text) {
  return { start: 0, end: text.length };
}

// --- blocks --------------------------------------------------------------------------------------------------

// The number of the block that a boundary stands in, or the last one before it, or the first.
function blockAround(blocks, place, edge) {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const starts = edge === "start" ? blocks[middle].start <= place : blocks[middle].start < place;
    if (starts) low = middle + 1;
    else high = middle;
  }
  return blocks.length === 0 ? -1 : Math.max(low - 1, 0);
}

function nextParagraph(text, blocks, number, place, direction, edge) {
  for (let index = number; index >= 0 && index < blocks.length; index += direction) {
    const { start, end } = blocks[index];
    const stop = edge === "start" ? skipSpaces(text, start, end) : skipSpacesBack(text, end, start);
    if ((stop - place) * direction > 0) return stop;
  }
  return place;
}

const STOPS = {
  character: { start: () => true, end: () => true },
  word: { start: startsWord, end: endsWord },
  clause: { start: startsClause, end: endsClause },
  sentence: { start: startsSentence, end: endsSentence },
  quote: {
    start: (text, block, place) => opensAt(text, place),
    end: (text, block, place) => closesBefore(text, place),
  },
};
