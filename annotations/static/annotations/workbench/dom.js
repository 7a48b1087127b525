// Elements in a line each. Words become text nodes, so nothing that was stored can become markup.

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// A button that is not in the way of the keyboard: what a key does, and the key beside it.
export function act(name, key, onClick, kind = "") {
  return element("button", { type: "button", class: `button ${kind}`, onclick: onClick }, name, key ? " " : null, key ? element("kbd", {}, key) : null);
}

// Draws the children of an element anew where they look different: what is the same costs no layout.
export function redraw(root, ...children) {
  const made = root.cloneNode(false);
  made.append(...children);
  if (!root.isEqualNode(made)) root.replaceChildren(...made.childNodes);
}

// Waits until what was changed is on the screen; not for long, for nobody may be looking.
export function painted() {
  return new Promise((go) => {
    requestAnimationFrame(() => setTimeout(go));
    setTimeout(go, document.hidden ? 0 : 300);
  });
}

export function shortened(words, most = 240) {
  const characters = [...words];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : words;
}
