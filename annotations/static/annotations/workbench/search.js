// Finding words in the text and in what is said of it: every place is marked, the caret goes where one looks, and the
// outline keeps to the cards that have the words.
import { element } from "./dom.js";

const MOST = 1_000;

export class Search {
  #found = [];
  #at = 0;

  // `seen(place)` is told where the reader is led, `changed()` that other cards are found.
  constructor(paper, places, { seen, changed }) {
    Object.assign(this, { paper, places, seen, changed });
    this.words = "";
    this.input = element("input", { id: "search-words", type: "search", autocomplete: "off", oninput: () => this.#find(), onkeydown: (event) => this.#key(event) });
    this.count = element("span", { role: "status" });
    this.bar = element(
      "div",
      { id: "search", class: "wb-search", role: "search" },
      element("label", { htmlFor: "search-words" }, "Find in the text and its labels"),
      this.input,
      this.count,
      element("button", { type: "button", class: "button at-quiet", onclick: () => this.close() }, "Close"),
    );
  }

  open() {
    document.getElementById("strip").append(this.bar);
    this.input.focus();
    this.input.select();
  }

  close() {
    this.bar.remove();
    this.words = "";
    this.changed();
    CSS.highlights?.delete("found");
    this.paper.root.focus({ preventScroll: true });
  }

  // Of some cards those that have the words; `saidOf(card)` is all that is said of one.
  among(cards, saidOf) {
    return this.words ? cards.filter((card) => saidOf(card).toLocaleLowerCase().includes(this.words)) : cards;
  }

  #key(event) {
    if (event.key === "Escape") this.close();
    if (event.key === "Enter" && this.#found.length) this.#show((this.#at + (event.shiftKey ? this.#found.length - 1 : 1)) % this.#found.length);
  }

  #find() {
    const words = this.input.value;
    this.words = words.trim().toLocaleLowerCase();
    this.changed();
    this.#found = words ? placesOf(this.places.text, words) : [];
    this.count.textContent = words && !this.#found.length ? "not found" : "";
    const ranges = this.#found.map(([start, end]) => this.paper.range(this.places.points(start), this.places.points(end)));
    CSS.highlights?.set("found", new Highlight(...ranges));
    if (this.#found.length) this.#show(0);
  }

  #show(at) {
    this.#at = at;
    const place = this.places.points(this.#found[at][0]);
    this.count.textContent = `${at + 1} of ${this.#found.length}`;
    this.paper.range(place, place + 1).startContainer.parentElement.scrollIntoView({ block: "center" });
    this.seen(place);
  }
}

// Where words stand in a text, as [start, end] in units, whether in capitals or not.
function placesOf(text, words) {
  const pattern = new RegExp(words.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "giu");
  const found = [];
  for (const match of text.matchAll(pattern)) {
    found.push([match.index, match.index + match[0].length]);
    if (found.length === MOST) break;
  }
  return found;
}
