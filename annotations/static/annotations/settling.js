// The keys of the page that settles a dispute. Each is a button or a field of the page that a key presses or goes to,
// marked with `data-does`, and the page works as well without any.
export const SETTLING = [
  command("take", ["1–9"], "Settling", "Take a pass as it is, by its number"),
  command("none", ["0"], "Settling", "None is right: nothing stands"),
  command("merge", ["m"], "Settling", "Merge, from what is chosen there"),
  command("write", ["w"], "Settling", "Settle it as it is written new"),
  command("reopen", ["u"], "Settling", "Open it again"),

  command("segments", ["s"], "Writing it new", "Take the selected words"),
  command("append", ["+"], "Writing it new", "Add the selected words as a further segment"),
  command("label", ["l"], "Writing it new", "The next label"),
  command("first-link", ["o"], "Writing it new", "Take the selected words as its source"),
  command("second-link", ["c"], "Writing it new", "Take the selected words as its cue"),

  command("reason", ["r"], "Why", "The next reason"),
  command("reason-back", ["R"], "Why", "The reason before"),
  command("note", ["e"], "Why", "Write a note; Escape ends it"),
  command("rule", ["g"], "Why", "Name the rule of the guideline; Escape ends it"),

  command("next", ["n", "j"], "Moving", "Leave it, and go to the next open dispute"),
  command("previous", ["k"], "Moving", "Go to the open dispute before"),
  command("help", ["?"], "Page", "Show these keys"),
];

function command(name, keys, group, help) {
  return { name, keys, group, help };
}

// What is typed into a form is kept in this tab until it is sent: a lost connection or an expired session costs nothing.
export class Draft {
  constructor(place, form) {
    Object.assign(this, { place, form });
  }

  keep() {
    const said = [...new FormData(this.form)].filter(([name]) => !["csrfmiddlewaretoken", "version"].includes(name));
    sessionStorage.setItem(this.place, JSON.stringify(said));
  }

  // Fills the form in as it was left; true where there was something.
  restore() {
    const said = JSON.parse(sessionStorage.getItem(this.place) ?? "null");
    for (const [name, value] of said ?? []) if (this.form.elements[name]) this.form.elements[name].value = value;
    return said !== null;
  }

  static drop(place) {
    sessionStorage.removeItem(place);
  }
}

// Chooses the option of a list that is so many further, around its ends; returns how it reads.
export function turned(select, by) {
  select.selectedIndex = (select.selectedIndex + by + select.length) % select.length;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  return select.selectedOptions[0].textContent;
}
