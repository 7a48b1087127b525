// The keys of the review page: one table, from which the help is made and which a person may remap.
//
// A key is written as the browser names it, after its modifiers: "a", "Q", "ArrowRight", "Ctrl+Shift+ArrowRight". What
// a key prints says whether Shift was held, so "?" stands for itself on every keyboard. A digit is also known by its
// place, with Shift and without, unless what it prints is in the table. "1–9" stands for nine keys, and the command is
// told which.

const DIGITS = "1–9";

// In the order in which the help shows them.
export const COMMANDS = [
  command("next", ["j", "ArrowDown"], "Moving", "Go to the next suggestion"),
  command("previous", ["k", "ArrowUp"], "Moving", "Go to the previous suggestion"),
  command("next-undecided", ["n"], "Moving", "Go to the next suggestion without a decision"),
  command("by-doubt", ["B"], "Moving", "Go through the least sure first, or in the order of the text"),
  command("caret-forward", ["."], "Moving", "Move the caret to the next sentence"),
  command("caret-back", [","], "Moving", "Move the caret to the sentence before"),
  command("caret-forward-paragraph", ["l"], "Moving", "Move the caret to the next paragraph"),
  command("caret-back-paragraph", ["h"], "Moving", "Move the caret to the paragraph before"),

  command("accept", ["a"], "Deciding", "Accept, with its source and cue; keep what was changed or added; confirm what is due anew"),
  command("correction", ["Enter"], "Deciding", "Take the likeliest correction, and keep it; keep what was changed"),
  command("other-correction", ["Shift+Enter"], "Deciding", "Take the correction that is likeliest after that, and keep it"),
  command("reject", ["x"], "Deciding", "Reject, with the source and cue that nothing else has"),
  command("skip", ["Space"], "Deciding", "Skip: leave it open, knowingly"),
  command("retract", ["Backspace"], "Deciding", "Take back the decision on it"),
  command("undo", ["u"], "Deciding", "Undo the last act"),
  command("accept-paragraph", ["p"], "Deciding", "Keep what was changed, and accept all that is left in this paragraph"),
  command("accept-above", ["P"], "Deciding", "Accept all that is left above a score"),
  command("why", ["w"], "Deciding", "Show why it was suggested, and its score"),
  command("cancel", ["Escape"], "Deciding", "Drop what is being changed"),

  command("alternative", ["v"], "Boundaries", "Take the next of its other boundaries; a digit takes one by number"),
  command("end-forward-word", ["ArrowRight"], "Boundaries", "End a word later"),
  command("end-back-word", ["ArrowLeft"], "Boundaries", "End a word earlier"),
  command("start-forward-word", ["Shift+ArrowRight", "f"], "Boundaries", "Start a word later"),
  command("start-back-word", ["Shift+ArrowLeft", "d"], "Boundaries", "Start a word earlier"),
  command("end-forward-clause", ["Ctrl+ArrowRight", "]"], "Boundaries", "End a clause later"),
  command("end-back-clause", ["Ctrl+ArrowLeft", "["], "Boundaries", "End a clause earlier"),
  command("start-forward-clause", ["Ctrl+Shift+ArrowRight", "t"], "Boundaries", "Start a clause later"),
  command("start-back-clause", ["Ctrl+Shift+ArrowLeft", "r"], "Boundaries", "Start a clause earlier"),
  command("end-forward-letter", ["i"], "Boundaries", "End with the next word that begins with the letter that follows"),
  command("end-back-letter", ["z"], "Boundaries", "End with the last word before that begins with the letter that follows"),
  command("start-forward-letter", [";"], "Boundaries", "Start with the next word that begins with the letter that follows"),
  command("start-back-letter", ["'"], "Boundaries", "Start with the last word before that begins with the letter that follows"),
  command("end-forward-character", ["Alt+ArrowRight"], "Boundaries", "End a character later"),
  command("end-back-character", ["Alt+ArrowLeft"], "Boundaries", "End a character earlier"),
  command("start-forward-character", ["Alt+Shift+ArrowRight"], "Boundaries", "Start a character later"),
  command("start-back-character", ["Alt+Shift+ArrowLeft"], "Boundaries", "Start a character earlier"),
  command("end-forward-sentence", ["End"], "Boundaries", "End with the sentence"),
  command("end-back-sentence", ["Shift+End"], "Boundaries", "End with the sentence before"),
  command("start-back-sentence", ["Home"], "Boundaries", "Start with the sentence"),
  command("start-forward-sentence", ["Shift+Home"], "Boundaries", "Start with the next sentence"),
  command("end-forward-paragraph", ["Ctrl+ArrowDown"], "Boundaries", "End with the paragraph, or with the next one"),
  command("end-back-paragraph", ["Ctrl+ArrowUp"], "Boundaries", "End with the paragraph before"),
  command("start-forward-paragraph", ["Ctrl+Shift+ArrowDown"], "Boundaries", "Start with the next paragraph"),
  command("start-back-paragraph", ["Ctrl+Shift+ArrowUp"], "Boundaries", "Start with the paragraph, or with the one before"),
  command("end-forward-quote", ["q"], "Boundaries", "End behind the next quotation mark that closes"),
  command("start-back-quote", ["Q"], "Boundaries", "Start before the last quotation mark that opens"),
  command("add-segment", ["+"], "Boundaries", "Add the selection, or the next clause, as a segment"),
  command("remove-segment", ["-"], "Boundaries", "Remove the segment"),
  command("break-segment", ["b"], "Boundaries", "Break it in two: by paragraph, around its reporting words, at a comma"),
  command("next-segment", ["g"], "Boundaries", "Change the next segment"),
  command("part", ["o"], "Boundaries", "Move the boundaries of its source, of its cue, of itself"),

  command("number", [DIGITS], "Label and type", "Change the label; behind v, s, c or e: take that one of the list"),
  command("type", [`Shift+${DIGITS}`], "Label and type", "Change the type or another attribute; the same again takes it away"),

  command("source", ["s"], "Source and cue", "Take the next likely source; a digit takes one by number"),
  command("cue", ["c"], "Source and cue", "Take the next likely cue; a digit takes one by number"),
  command("none", ["0"], "Source and cue", "There is none in the text"),

  command("candidate", ["e"], "Adding", "Offer what may be missing from the paragraph of the caret on; a digit takes one by number"),

  command("submit", ["m"], "Page", "Submit the pass"),
  command("yield", ["y"], "Page", "Give the article back to the queue"),
  command("comment", ["C"], "Page", "Read what was said of it, and comment on it"),
  command("search", ["/"], "Page", "Search in the text and its annotations"),
  command("help", ["?"], "Page", "Show these keys"),
];

function command(name, keys, group, help) {
  return { name, keys, group, help };
}

// The table with a person's own keys in place of the default ones, as {name: [key, …]}; no keys switch a command off.
export function remapped(overrides, table = COMMANDS) {
  return table.map((row) => (Object.hasOwn(overrides, row.name) ? { ...row, keys: overrides[row.name] } : row));
}

// The keys that more than one command has, as [{key, names}].
export function conflicts(table = COMMANDS) {
  const names = new Map();
  for (const row of table) {
    for (const key of new Set(row.keys.flatMap(eachKey))) names.set(key, [...(names.get(key) ?? []), row.name]);
  }
  return [...names].filter(([, found]) => found.length > 1).map(([key, found]) => ({ key, names: found }));
}

// What a keyboard event asks for, as {name, number}; `number` is null but for the digits. Null for a key that is not in
// the table, and while an input method composes. In text that runs from right to left, the arrows point the other way.
export function commandOf(event, table = COMMANDS, { rightToLeft = false } = {}) {
  if (event.isComposing) return null;
  for (const written of keysOf(event)) {
    const key = rightToLeft ? mirrored(written) : written;
    const row = table.find(({ keys }) => keys.some((one) => eachKey(one).includes(key)));
    if (!row) continue;
    const numbered = row.keys.some((one) => one.endsWith(DIGITS) && eachKey(one).includes(key));
    return { name: row.name, number: numbered ? Number(key.at(-1)) : null };
  }
  return null;
}

// The ways in which the table may write the key of an event: by what it prints, and a digit by its place as well.
export function keysOf(event) {
  const prints = [...event.key].length === 1 && event.key !== " ";
  // AltGr, which some systems report as both, is a way to print.
  const alternate = prints && event.ctrlKey && event.altKey;
  const modifiers = [];
  if (event.ctrlKey && !alternate) modifiers.push("Ctrl");
  if (event.altKey && !alternate) modifiers.push("Alt");
  if (event.metaKey) modifiers.push("Meta");
  const digit = /^Digit(\d)$/.exec(event.code);
  const byPlace = digit && !modifiers.length && !alternate ? [(event.shiftKey ? "Shift+" : "") + digit[1]] : [];
  if (event.shiftKey && !prints) modifiers.push("Shift");
  const printed = [...modifiers, event.key === " " ? "Space" : event.key].join("+");
  return /^\d$/.test(printed) ? [...byPlace, printed] : [printed, ...byPlace];
}

function mirrored(key) {
  return key.replace(/Arrow(Left|Right)$/, (_, side) => (side === "Left" ? "ArrowRight" : "ArrowLeft"));
}

// Whether a command waits for the letter that is pressed next.
export function takesLetter(name) {
  return name.endsWith("-letter");
}

// How many keys a person holds down for one written so: a capital and each modifier are one more.
export function strikes(key) {
  const parts = key.length > 1 ? key.split("+") : [key];
  const last = parts.at(-1);
  return parts.length + (last.length === 1 && last !== last.toLowerCase() ? 1 : 0);
}

function eachKey(key) {
  if (!key.endsWith(DIGITS)) return [key];
  return [..."123456789"].map((digit) => key.replace(DIGITS, digit));
}
