// What is said of decisions that a re-review asks for anew: under which guideline they were made, and which rules have
// changed since then.
import { element } from "./dom.js";

// The notice on a card with the due lines `due`. `changes` has for each guideline the rules that are another now, each
// {number, difference, labels, words: [[stays, text]]}; a rule whose labels are null may be about any.
export function dueNotice(board, due, changes) {
  if (!due.length) return null;
  const guideline = Math.min(...due.map((line) => line.due.guideline));
  const labels = new Set(due.flatMap((line) => [line.said?.label, line.kept?.label]));
  const rules = (changes[guideline] ?? []).filter((rule) => rule.labels === null || rule.labels.some((label) => labels.has(label)));
  const reasons = [...new Set(due.map((line) => line.due.reason).filter(Boolean))];
  return element(
    "div",
    { class: "wb-due" },
    element("p", {}, element("strong", {}, `Decided under guideline ${guideline}`), due.length > 1 ? `, ${due.length} labels. ` : ". ", told(rules), " ", reasons.join(" ")),
    rules.map((rule) => element("details", {}, element("summary", {}, `${rule.number}, ${rule.difference}`), element("p", { class: "wb-rule", dir: "auto" }, rule.words.map(wordsOf)))),
  );
}

function told(rules) {
  if (!rules.length) return "A lead asks for it anew.";
  return `Changed since: ${rules.map((rule) => rule.number).join(", ")}.`;
}

function wordsOf([stays, text]) {
  const tag = { added: "ins", removed: "del" }[stays];
  return tag ? element(tag, {}, text) : text;
}
