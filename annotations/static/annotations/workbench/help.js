// The overlay with all keys, made from the table of keys itself; any of them can be given another key there.
import { element } from "./dom.js";

// `keys` is {groups(), of(name), give(name, key) -> conflict or null, reset()}.
export class Help {
  constructor(dialog, keys, changed) {
    Object.assign(this, { dialog, keys, changed });
    this.waiting = null;
    dialog.addEventListener("keydown", (event) => this.#take(event));
    dialog.addEventListener("close", () => { this.waiting = null; });
  }

  open() {
    this.#draw();
    this.dialog.showModal();
  }

  #draw(note = "") {
    const groups = this.keys.groups().map(([title, commands]) =>
      element(
        "section",
        {},
        element("h3", {}, title),
        element(
          "dl",
          {},
          commands.map((command) => [
            element(
              "dt",
              {},
              command.fixed
                ? element("kbd", {}, command.key)
                : element(
                    "button",
                    { type: "button", class: "wb-key", title: "Press to choose another key", "aria-label": `${command.key}: choose another key for ${command.help}`, onclick: () => this.#wait(command.name) },
                    element("kbd", {}, this.waiting === command.name ? "press a key …" : command.key || "none"),
                  ),
            ),
            element("dd", {}, command.help),
          ]),
        ),
      ),
    );
    this.dialog.replaceChildren(
      element("h2", { id: "help-title" }, "Keys"),
      element("p", { role: "status" }, note || "Press a key's button to give that act another key. Escape closes."),
      element("div", { class: "wb-help-groups" }, groups),
      element(
        "div",
        { class: "at-row" },
        element("button", { type: "button", class: "button default", onclick: () => this.dialog.close() }, "Close"),
        element("button", { type: "button", class: "button", onclick: () => { this.keys.reset(); this.changed(); this.#draw("The keys are as they were."); } }, "All keys as they were"),
      ),
    );
  }

  #wait(name) {
    this.waiting = name;
    this.#draw();
    this.dialog.querySelector(".wb-key kbd")?.closest("dialog").focus();
  }

  #take(event) {
    if (!this.waiting || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const name = this.waiting;
    this.waiting = null;
    if (event.key === "Escape") {
      this.#draw();
      return;
    }
    const taken = this.keys.give(name, event);
    this.changed();
    this.#draw(taken ? `That key is for “${taken}” already; nothing is changed.` : "Changed, in this browser.");
  }
}
