// The keys as one person has them: the table of a page, with the keys that this person chose in this browser.
import { COMMANDS, conflicts, keysOf, remapped } from "../keys.js";

const WRITTEN = { Space: "␣", ArrowRight: "→", ArrowLeft: "←", ArrowUp: "↑", ArrowDown: "↓", Backspace: "⌫", Escape: "Esc" };

export class KeyTable {
  constructor(store, { commands = COMMANDS, stored = "attest.keys" } = {}) {
    Object.assign(this, { store, commands, stored });
    this.table = remapped(store.read(stored, {}), commands);
  }

  // How the first key of a command is written on its button.
  of(name) {
    const key = this.table.find((row) => row.name === name)?.keys[0];
    return key ? written(key) : "";
  }

  groups() {
    const groups = new Map();
    for (const row of this.table) {
      const fixed = row.keys.some((key) => key.includes("–"));
      const shown = { name: row.name, help: row.help, fixed, key: row.keys.map(written).join(" or ") };
      groups.set(row.group, [...(groups.get(row.group) ?? []), shown]);
    }
    return [...groups];
  }

  // Gives a command the key of an event. Returns the help of the command that has it already, or null.
  give(name, event) {
    const chosen = { ...this.store.read(this.stored, {}), [name]: [keysOf(event)[0]] };
    const table = remapped(chosen, this.commands);
    const clash = conflicts(table).find(({ names }) => names.includes(name));
    if (clash) return this.commands.find((row) => row.name === clash.names.find((other) => other !== name)).help;
    this.table = table;
    this.store.write(this.stored, chosen);
    return null;
  }

  reset() {
    this.table = this.commands;
    this.store.write(this.stored, {});
  }
}

function written(key) {
  return key.replace(/\w+$|[^+]+$/u, (last) => WRITTEN[last] ?? last);
}
