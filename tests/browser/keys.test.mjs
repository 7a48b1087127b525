// Run by `node --test`.
import assert from "node:assert/strict";
import test from "node:test";
import { COMMANDS, commandOf, conflicts, keysOf, remapped, strikes } from "../../annotations/static/annotations/keys.js";
import { SETTLING } from "../../annotations/static/annotations/settling.js";

function pressed(key, more = {}) {
  return { key, code: "", shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, isComposing: false, ...more };
}

const PRESSES = [
  [pressed("a", { code: "KeyA" }), "accept", null],
  [pressed(" ", { code: "Space" }), "skip", null],
  [pressed("ArrowRight"), "end-forward-word", null],
  [pressed("ArrowRight", { shiftKey: true }), "start-forward-word", null],
  [pressed("ArrowLeft", { ctrlKey: true, shiftKey: true }), "start-back-clause", null],
  [pressed("Q", { shiftKey: true, code: "KeyQ" }), "start-back-quote", null],
  [pressed("3", { code: "Digit3" }), "number", 3],
  [pressed("0", { code: "Digit0" }), "none", null],
  [pressed("#", { code: "Digit3", shiftKey: true }), "type", 3],
  [pressed('"', { code: "Digit2", shiftKey: true }), "type", 2],
  [pressed("&", { code: "Digit1" }), "number", 1],
  [pressed("1", { code: "Digit1", shiftKey: true }), "type", 1],
  [pressed("?", { code: "Minus", shiftKey: true }), "help", null],
  [pressed("/", { code: "Digit7", shiftKey: true }), "search", null],
  [pressed("/", { code: "Slash" }), "search", null],
  [pressed("+", { code: "BracketRight" }), "add-segment", null],
  [pressed("+", { code: "Equal", shiftKey: true }), "add-segment", null],
  [pressed("[", { code: "Digit8", ctrlKey: true, altKey: true }), "end-back-clause", null],
];

for (const [event, name, number] of PRESSES) {
  test(`${keysOf(event).join(" or ")} is ${name}`, () => assert.deepEqual(commandOf(event), { name, number }));
}

test("a shortcut of the browser stays the browser's", () => {
  assert.equal(commandOf(pressed("a", { ctrlKey: true })), null);
  assert.equal(commandOf(pressed("r", { metaKey: true })), null);
  assert.equal(commandOf(pressed("ArrowLeft", { metaKey: true })), null);
  assert.equal(commandOf(pressed("1", { code: "Digit1", ctrlKey: true })), null);
});

test("nothing happens while an input method composes", () => {
  assert.equal(commandOf(pressed("a", { isComposing: true })), null);
});

test("in text from right to left the arrows point the other way", () => {
  const right = { rightToLeft: true };
  assert.equal(commandOf(pressed("ArrowLeft"), COMMANDS, right).name, "end-forward-word");
  assert.equal(commandOf(pressed("ArrowRight", { shiftKey: true }), COMMANDS, right).name, "start-back-word");
  assert.equal(commandOf(pressed("ArrowDown"), COMMANDS, right).name, "next");
});

test("every command has a key, a name of its own and a help text", () => {
  const names = COMMANDS.map((row) => row.name);
  assert.equal(new Set(names).size, names.length);
  for (const { keys, help, group } of COMMANDS) assert.ok(keys.length && help && group);
});

test("commands of one group stand together", () => {
  const groups = COMMANDS.map((row) => row.group).filter((group, index, all) => group !== all[index - 1]);
  assert.equal(new Set(groups).size, groups.length);
});

test("no two commands have one key, and a pair that has is found", () => {
  assert.deepEqual(conflicts(), []);
  assert.deepEqual(conflicts(SETTLING), []);
  assert.deepEqual(conflicts(remapped({ reject: ["a", "x"], skip: ["4"] })), [
    { key: "a", names: ["accept", "reject"] },
    { key: "4", names: ["skip", "number"] },
  ]);
});

test("a remapped command has its new keys alone", () => {
  const table = remapped({ accept: ["Ctrl+y"], help: [] });
  assert.equal(commandOf(pressed("y", { ctrlKey: true }), table).name, "accept");
  assert.equal(commandOf(pressed("a"), table), null);
  assert.equal(commandOf(pressed("?"), table), null);
  assert.equal(commandOf(pressed("x"), table).name, "reject");
  assert.equal(commandOf(pressed("a")).name, "accept");
});

test("a capital and a modifier are keys too", () => {
  const counted = { a: 1, Q: 2, "+": 1, Space: 1, ArrowRight: 1, "Shift+ArrowRight": 2, "Ctrl+Shift+ArrowLeft": 3, "Shift+3": 2 };
  for (const [key, number] of Object.entries(counted)) assert.equal(strikes(key), number, key);
});
