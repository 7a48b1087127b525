// Opens the workbench. The text is on the page already; what is said of it is fetched beside the few scripts that draw
// it, and all that a reviewer does with it comes once it is painted.
import { Board } from "./board.js";
import { act as button } from "./dom.js";
import { marksOn, Paper } from "./paint.js";
import { Places } from "./places.js";

async function open() {
  const state = await fetched(document.getElementById("workbench").dataset.state);
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

async function fetched(url) {
  try {
    const answer = await fetch(url, { redirect: "error" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

open();
