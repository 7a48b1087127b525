// Opens the workbench. The text is on the page already; where it brings the labels at its head, it is painted before
// anything else is asked for. Then comes what is said of it, and beside that all that a reviewer does with it.
import { Board } from "./board.js";
import { act as button, painted } from "./dom.js";
import { marksOn, Paper } from "./paint.js";
import { Places } from "./places.js";

async function open() {
  const { state: address, modules } = document.getElementById("workbench").dataset;
  const asked = fetched(address);
  preload(modules.split(" "));
  const state = await asked;
  if (!state) {
    document.getElementById("progress").replaceChildren("The suggestions could not be fetched. ", button("Try again", "", open));
    return;
  }
  const root = document.getElementById("text");
  const board = new Board(state);
  const places = new Places(root.textContent, state.length, state.blocks);
  const paper = new Paper(root, state.blocks, (name) => marksOn(board, name));
  paper.update([...board.lines.keys()]);
  paper.drawSeen();
  const { Workbench } = await import("./workbench.js");
  new Workbench({ state, board, places, paper });
}

// All at once; one would otherwise be asked for by another.
function preload(modules) {
  for (const href of modules.filter(Boolean)) document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
}

function ready() {
  return new Promise((go) => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", go) : go()));
}

async function fetched(url) {
  try {
    const answer = await fetch(url, { redirect: "error" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

await ready();
if (document.querySelector("#text mark")) await painted();
open();
