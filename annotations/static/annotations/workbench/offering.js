// What the engine offers to the one who corrects: boundaries, sources and cues for each line, and what may be missing.
// The server is asked once, and again for a line that it has not answered for.
import { changesOf, isInHand, offered } from "../correcting.js";
import { draftOfNew } from "./drafting.js";
import { choicesFor, correctionsFor, Offers } from "./links.js";

// Milliseconds that keys wait for an answer.
const PATIENCE_OF_KEYS = 4_000;

export class Offering {
  #asked = null;
  // Whether the server has yet to answer.
  underWay = false;
  #offers;
  // What is offered at the caret: {place, at, all}, and of it what was taken last.
  #round = null;
  #taken = null;

  // `arrived()` is told of every answer.
  constructor({ board, places, session }, arrived = () => {}) {
    Object.assign(this, { board, places, session, arrived });
    this.#offers = new Offers(places);
  }

  // Returns once the server has answered, or has not for too long: what it offers is there as soon as it comes.
  async ask(name = null) {
    if (name !== null && !this.underWay && !this.#offers.choices.has(name)) this.#asked = null;
    this.#asked ??= this.#question();
    await this.#asked;
  }

  #question() {
    this.underWay = true;
    let timer = null;
    const patience = new Promise((resolve) => { timer = setTimeout(resolve, PATIENCE_OF_KEYS); });
    const answer = this.session
      .candidates()
      .then((body) => { this.#offers = new Offers(this.places, body); this.arrived(); }, () => { this.#asked = null; })
      .finally(() => { this.underWay = false; clearTimeout(timer); });
    return Promise.race([answer, patience]);
  }

  rename(from, to) {
    this.#offers.rename(from, to);
  }

  // What the keys can take for a draft, as correcting.js wants it.
  choicesFor(draft) {
    return choicesFor(this.board, this.places, draft, this.#offeredFor(draft));
  }

  #offeredFor({ line }) {
    return line === null ? this.#taken?.choices : this.#offers.choices.get(line);
  }

  // Whether a draft is what was offered as missing, and nobody has changed it.
  isAsTaken(draft) {
    const taken = this.#taken;
    return draft.line === null && taken !== null && changesOf(draft, draftOfNew(this.board, this.places, { ...taken, segments: taken.points })) === null;
  }

  // What the card shows as likely corrections: of each the parts that it changes, with their new words.
  correctionsOf(draft) {
    const words = (span) => this.places.words(this.places.spanPoints(span));
    return correctionsFor(this.places, this.#offeredFor(draft)).map(({ segments, links }) => {
      const changed = Object.keys(links).filter((name) => !same(links[name], draft.links[name] ?? null));
      const parts = changed.map((name) => [name, links[name] ? words(links[name]) : "none"]);
      return same(segments, draft.segments) ? parts : [["words", words(segments)], ...parts];
    });
  }

  // The list that a draft is being chosen from, as {title, relation, items}, or null.
  listOf(draft) {
    if (!draft?.list) return null;
    const { kind } = draft.list;
    const { alternatives, links } = this.choicesFor(draft);
    const list = kind === "alternative" ? alternatives : links[kind];
    const items = list.slice(0, 9).map((choice, at) => ({ number: at + 1, words: this.places.words(this.places.spanPoints(choice.segments ?? choice)), chosen: isInHand(draft, kind, choice) }));
    if (kind === "alternative") return { title: "Other boundaries", items };
    return { title: `Which ${kind}? Its number, a click on it, or selected words and the same key.`, relation: kind, items: [...items, { number: 0, words: `no ${kind} in the text` }] };
  }

  // The engine's best candidate from a place on, or with `goOn` the one after that which was taken last; null for none.
  next(place, goOn) {
    if (!goOn || this.#round?.place !== place) this.#round = { place, at: -1, all: this.#missingFrom(place) };
    const { all } = this.#round;
    if (!all.length) return null;
    return this.take(all[(this.#round.at + 1) % all.length]);
  }

  take(candidate) {
    this.#round.at = this.#round.all.indexOf(candidate);
    this.#taken = candidate;
    return candidate;
  }

  // All that is offered in this round, as the items of a list.
  get items() {
    return this.#round.all.map((one, at) => ({ number: at + 1, words: this.places.words(one.points), chosen: at === this.#round.at, one }));
  }

  // What was taken last is a line now, under this name; null where it came to nothing.
  settle(name) {
    if (name !== null && this.#taken) this.#offers.choices.set(name, this.#taken.choices);
    this.#taken = null;
  }

  #missingFrom(place) {
    const { board, places } = this;
    const kinds = new Set(this.#offers.missing.map((one) => one.label));
    // What is suggested and not decided yet is likely to stand as well; what was rejected is not.
    const there = [...board.lines.values()].map((line) => line.kept ?? (line.verdict ? null : line.said));
    const standing = there.filter((one) => one && kinds.has(one.label));
    return offered(this.#offers.missing, places.units(place), standing.map(({ segments }) => places.spanUnits(segments)), places);
  }
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
