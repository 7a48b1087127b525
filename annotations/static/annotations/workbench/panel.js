// What stands beside the text: the line in focus with all that can be done to it, the outline of the rest, and what
// has not reached the server. Everything is a button too, with its key beside it.
import { act, element, shortened } from "./dom.js";
import { dueNotice } from "./due.js";

const STATES = { suggested: "to decide", skipped: "skipped", kept: "kept", dropped: "rejected", draft: "being changed" };
const SIGNS = { suggested: "○", skipped: "–", kept: "✓", dropped: "✕", draft: "✎" };
const VERDICTS = { accept: "accepted", correct: "corrected", reject: "rejected", skip: "skipped", add: "added by you" };

// The card of the line in focus. `view` is {line, shown, state, words, links: [[relation, words, state]], mode, why, open},
// `run(command)` does what a key would, `keyOf(command)` names the key.
export function cardOf(view, run, keyOf) {
  if (!view) return [element("p", { class: "at-empty" }, "Nothing is labelled here yet. Select words and press the number of a label.")];
  const { line, shown, state, board, locked, due } = view;
  const head = element(
    "p",
    { class: "wb-card-head" },
    element("span", { class: `at-label label-${shown.label}` }, shown.label),
    Object.values(shown.attributes).map((value) => element("span", { class: "at-attribute" }, value)),
    element("span", { class: `wb-state wb-${state}` }, `${SIGNS[state]} ${told(line, state)}`),
    line?.reason ? element("span", { class: "at-attribute" }, reasonName(board, line.reason)) : null,
  );
  const words = element("q", { class: "at-surface", dir: "auto" }, shortened(view.words));
  const links = view.links.length
    ? element(
        "dl",
        { class: "wb-links" },
        view.links.map(([relation, said, how]) => [element("dt", {}, relation), element("dd", { class: how, dir: "auto" }, said)]),
      )
    : null;
  const why = element("p", { class: "at-why", hidden: !view.why }, reasonOf(line, view.whyDrafted));
  const anew = dueNotice(board, due, view.changes);
  const talk = line ? element("div", { class: "at-row" }, act(view.open ? `Comments: ${view.open} open` : "Comment", keyOf("comment"), () => run("comment"), "at-quiet at-small")) : null;
  if (locked) return [head, words, links, why, anew, talk];
  return [head, words, links, why, anew, deciding(line, state, due.length > 0, run, keyOf), likeliest(view, run, keyOf), choices(view, run), changing(view, run, keyOf), inParagraph(view, run, keyOf), talk];
}

function told(line, state) {
  if (state === "draft") return STATES.draft;
  if (!line) return "new";
  const verdict = VERDICTS[line.verdict] ?? STATES[state];
  return line.implied ? `${verdict} with another` : verdict;
}

function reasonOf(line, drafted) {
  if (!line) return drafted || "";
  if (line.score === null) return line.why || "You added it.";
  const score = line.calibrated
    ? `probability ${line.score.toFixed(2)} (calibrated on reviews)`
    : `rank ${line.score.toFixed(2)} (not a probability: it is not calibrated)`;
  return [line.why, score, line.pipeline].filter(Boolean).join(" · ");
}

function reasonName(board, reason) {
  return [...board.rejectReasons, ...board.absences].find(([value]) => value === reason)?.[1] ?? reason;
}

function deciding(line, state, isDue, run, keyOf) {
  const button = (name, command, kind) => act(name, keyOf(command), () => run(command), kind);
  const buttons = [];
  if (state === "draft") buttons.push(button("Save", "accept", "at-yes"), button("Leave it", "cancel"));
  else if (isDue) buttons.push(button("Confirm", "accept", "at-yes"));
  else if (line?.said) buttons.push(button("Accept", "accept", "at-yes"));
  if (state !== "draft" && line?.said) buttons.push(button("Reject", "reject"), button("Skip", "skip"));
  if (line?.verdict) buttons.push(button("Retract", "retract", "at-quiet"));
  buttons.push(button("Why", "why", "at-quiet"));
  return element("div", { class: "at-row wb-deciding" }, buttons);
}

// What the line most likely is if it is not right: only the parts that differ.
function likeliest({ corrections }, run, keyOf) {
  if (!corrections.length) return null;
  const commands = ["correction", "other-correction"];
  const each = corrections.map((correction, index) => {
    const parts = correction.map(([part, words]) => [element("dt", {}, part), element("dd", { dir: "auto" }, shortened(words, 120))]);
    const take = act(index ? "Or so" : "Correct", keyOf(commands[index]), () => run(commands[index]), "at-small");
    return [element("p", {}, index ? "" : "Not quite? Most likely: ", take), element("dl", { class: "wb-links" }, parts)];
  });
  return element("div", { class: "wb-rest wb-likeliest", role: "group", "aria-label": "Likely corrections" }, each);
}

// What one key would accept in this paragraph, with the sources and cues that it would keep; nothing where that is the
// line in focus alone. Below the buttons, which stay where they are however long it is.
function inParagraph({ left, listed, line, state }, run, keyOf) {
  if (!left.some((name) => name !== line?.line)) return null;
  const items = listed.map(({ name, label, words, about }) =>
    element(
      "li",
      { class: name === line?.line ? "here" : "" },
      element("span", { class: `at-label label-${label}` }, label),
      element("q", { dir: "auto" }, shortened(words, 70)),
      element("span", { class: "wb-about", dir: "auto" }, about),
    ),
  );
  if (left.length > listed.length) items.push(element("li", {}, `and ${left.length - listed.length} more`));
  const told = state === "draft" ? `Save, and accept ${left.length} more` : left.length > 1 ? `Accept all ${left.length}` : "Accept it";
  const accept = act(told, keyOf("accept-paragraph"), () => run("accept-paragraph"), "at-small");
  return element("div", { class: "wb-rest", role: "group", "aria-label": "Left in this paragraph" }, element("p", {}, "Left in this paragraph: ", accept), element("ol", {}, items));
}

// A numbered list to choose from: reasons, sources, cues.
function choices({ mode }, run) {
  if (!mode) return null;
  return element(
    "div",
    { class: "wb-choices", role: "group", "aria-label": mode.title },
    element("p", { class: "wb-choices-title" }, mode.title),
    element(
      "ol",
      {},
      mode.items.map((item) =>
        element(
          "li",
          { class: item.chosen ? "chosen" : "" },
          element("button", { type: "button", class: "button at-small", onclick: () => (item.number === 0 ? run("none") : run("number", item.number)) }, element("kbd", {}, String(item.number)), " ", element("span", { dir: "auto" }, shortened(item.words, 90))),
        ),
      ),
    ),
  );
}

function changing({ shown, board, line }, run, keyOf) {
  const labels = board.scheme.labels.map((label, index) =>
    act(label.name, String(index + 1), () => run("number", index + 1), `at-small${label.name === shown.label ? " chosen" : ""}`),
  );
  // Counted through all attributes, as their keys are.
  let number = 0;
  const attributes = Object.entries(board.scheme.labels.find((label) => label.name === shown.label)?.attributes ?? {}).map(([name, values]) =>
    row(
      name.charAt(0).toUpperCase() + name.slice(1),
      values.map((value) => {
        const key = ++number;
        return act(value, `⇧${key}`, () => run("type", key), `at-small${shown.attributes[name] === value ? " chosen" : ""}`);
      }),
    ),
  );
  const relations = board.scheme.relations.filter((relation) => relation.heads.includes(shown.label));
  const links = relations.map((relation) => act(relation.name, keyOf(relation.name), () => run(relation.name), "at-small"));
  const edges = [
    ["start earlier", "start-back-word"],
    ["later", "start-forward-word"],
    ["end earlier", "end-back-word"],
    ["later", "end-forward-word"],
    ["other edges", "alternative"],
  ].map(([name, command]) => act(name, keyOf(command), () => run(command), "at-small"));
  return element(
    "div",
    { class: "wb-changing" },
    row("Label", labels),
    attributes,
    links.length ? row("Links", links) : null,
    line || shown ? row("Edges", edges) : null,
  );
}

function row(name, buttons) {
  return element("div", { class: "wb-row", role: "group", "aria-label": name }, element("span", { class: "wb-row-name" }, name), buttons);
}

// Entries that the browser lays out together, or leaves out together where nobody sees them.
const RUN = 50;

// One entry a card of the article: where it stands, its label and how it begins. An entry is made anew only when it
// says something else, for an article can have thousands of them.
export class Outline {
  #entries = new Map();
  #touched = new Set();
  #heads = null;
  #here = null;

  // `entryOf(line)` gives {label, state, words, left}, `go(line)` looks at one.
  constructor(root, entryOf, go) {
    Object.assign(this, { root, entryOf, go });
  }

  // Tells which cards may say something else from now on.
  touch(lines) {
    for (const line of lines) this.#touched.add(line);
  }

  // Shows the cards in this order, `focus` among them.
  render(heads, focus) {
    if (heads !== this.#heads) {
      const items = heads.map((head) => this.#item(head.line));
      const runs = Array.from({ length: Math.ceil(items.length / RUN) }, (_, run) => element("ol", {}, items.slice(run * RUN, (run + 1) * RUN)));
      this.root.replaceChildren(...runs);
      this.#heads = heads;
    } else {
      for (const line of this.#touched) {
        const before = this.#entries.get(line)?.item;
        if (before?.isConnected) before.replaceWith(this.#item(line));
      }
    }
    this.#touched.clear();
    if (this.#here) mark(this.#here, false);
    this.#here = this.#entries.get(focus)?.item ?? null;
    if (!this.#here) return;
    mark(this.#here, true);
    // By what is seen of both: a run of entries that may be left out has offsets of its own.
    const above = this.#here.getBoundingClientRect().top - this.root.getBoundingClientRect().top;
    this.root.scrollTop += above - this.root.clientHeight / 2;
  }

  #item(line) {
    const entry = this.entryOf(line);
    const written = JSON.stringify(entry);
    if (this.#entries.get(line)?.written === written) return this.#entries.get(line).item;
    const item = itemOf(entry, () => this.go(line));
    item.dataset.line = line;
    this.#entries.set(line, { item, written });
    return item;
  }
}

function itemOf({ label, state, words, left }, onclick) {
  return element(
    "li",
    { class: `wb-${state}` },
    element(
      "button",
      { type: "button", class: "wb-entry", onclick },
      element("span", { class: "wb-sign", "aria-label": left ? STATES.suggested : STATES[state] }, left && state !== "suggested" ? "◐" : SIGNS[state]),
      element("span", { class: `at-label label-${label}` }, label),
      element("span", { class: "wb-words", dir: "auto" }, shortened(words, 60)),
    ),
  );
}

function mark(item, isHere) {
  item.classList.toggle("here", isHere);
  if (isHere) item.firstChild.setAttribute("aria-current", "true");
  else item.firstChild.removeAttribute("aria-current");
}

// What the server would not take, each with both states and a choice.
export function heldOf(acts, standingOf, mine, choose) {
  return acts.map((held) => {
    const decision = held.decisions[0];
    const conflict = held.state === "conflict";
    const standing = conflict ? standingOf(decision, held.error) : "";
    return element(
      "div",
      { class: "at-conflict wb-held", role: "group", "aria-label": conflict ? "Another tab was quicker" : "Not saved" },
      element("p", {}, element("strong", {}, conflict ? "Another tab of yours was quicker." : "Not saved."), " ", conflict ? "" : held.error?.message ?? "", held.article !== mine ? ` It is about another article: ${held.title}.` : ""),
      conflict
        ? element("dl", { class: "wb-links" }, element("dt", {}, "stands"), element("dd", {}, standing), element("dt", {}, "yours"), element("dd", {}, held.told))
        : element("p", {}, held.told),
      element(
        "div",
        { class: "at-row" },
        element("button", { type: "button", class: "button", onclick: () => choose(held, "mine") }, conflict ? "Put mine in its place" : "Try again"),
        element("button", { type: "button", class: "button", onclick: () => choose(held, "theirs") }, conflict ? "Keep what stands" : "Drop it"),
      ),
    );
  });
}

// What the server had to say of decisions, until each was read.
export function noticesOf(notices, read) {
  return notices.map((notice) =>
    element(
      "div",
      { class: "at-notice wb-held", role: "group", "aria-label": "Taken back" },
      element("p", {}, element("q", { class: "at-surface", dir: "auto" }, notice.about)),
      element("p", {}, notice.words),
      element("div", { class: "at-row" }, element("button", { type: "button", class: "button", onclick: () => read(notice) }, "Understood")),
    ),
  );
}

// Whether everything has reached the server, and what becomes of what has not.
export function savedWords({ waiting, trouble, lasting, held }) {
  const kept = lasting ? "kept in this browser" : "kept only as long as this page is open";
  const acts = `${waiting.length} ${waiting.length === 1 ? "decision" : "decisions"} ${kept}`;
  if (trouble === "signed out") {
    const address = `/admin/login/?next=${encodeURIComponent(location.pathname)}`;
    return [`You are signed out; ${acts}. `, element("a", { href: address, target: "_blank", rel: "noopener" }, "Sign in again"), ", and they are sent."];
  }
  if (trouble === "other person") return [`Somebody else is signed in in this browser; ${acts}. They are sent once you are signed in again.`];
  if (trouble) return [`${trouble === "busy" ? "The server is busy" : "No connection"}; ${acts}, and sent as soon as it can be.`];
  if (waiting.length) return ["Saving …"];
  return [held.length ? "Something was not saved: see beside the text." : "All saved."];
}
