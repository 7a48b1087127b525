// The strip above the text: how far the pass is, whether all is saved, what can be done with it; and the lease.
import { act as button, element, redraw } from "./dom.js";
import { savedWords } from "./panel.js";

// `acts` are the buttons of the pass, `run(command)` does what a key would, `keyOf(command)` names the key.
export function drawStrip({ board, outbox, by, acts }, run, keyOf) {
  const { suggestions, decided } = board.counts;
  const bar = board.submittedAt === null && suggestions ? element("progress", { max: suggestions, value: decided, "aria-label": "Suggestions decided" }) : "";
  redraw(document.getElementById("progress"), element("span", {}, progressOf(board)), bar);
  const { waiting, trouble, held } = outbox;
  const saved = document.getElementById("saved");
  saved.className = `wb-saved ${trouble || held.length ? "failed" : waiting.length ? "" : "saved"}`;
  redraw(saved, ...savedWords(outbox));
  const order = board.submittedAt === null ? button(by === "text" ? "By doubt" : "In order", keyOf("by-doubt"), () => run("by-doubt"), "at-quiet") : "";
  const all = [...acts, order, button("Keys", keyOf("help"), () => run("help"), "at-quiet")];
  redraw(document.getElementById("strip-acts"), ...all.filter(Boolean));
  redraw(document.getElementById("keys-hint"), `${keyOf("accept")} accept, ${keyOf("reject")} reject, ${keyOf("skip")} skip, ${keyOf("next")} next, ${keyOf("help")} all keys.`);
}

function progressOf(board) {
  const { suggestions, decided } = board.counts;
  const due = board.due.length;
  const anew = due ? `; ${due} to confirm or change under a newer guideline` : "";
  if (board.submittedAt !== null) return `Submitted ${board.submittedAt.slice(0, 16).replace("T", " ")}${anew}.`;
  if (suggestions || due) return `${decided} of ${suggestions} suggestions decided${anew}`;
  if (board.suggestionsShown) return "No suggestions: label what you find, or say that there is nothing.";
  return "Suggestions are not shown before you have read: label what you find.";
}

export function drawLease({ assignment, lease_until: until, urls }) {
  if (!assignment) return;
  const lease = document.getElementById("lease");
  lease.dataset.keep = urls.keep;
  lease.replaceChildren("In your hands until ", element("time", { dateTime: until }, `${until.slice(0, 16).replace("T", " ")} UTC`), "; your work renews it.");
}
