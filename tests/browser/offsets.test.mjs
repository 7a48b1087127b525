// Run by `node --test`; reads the same places as the Python test.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { toCodePoints, toUnits } from "../../annotations/static/annotations/offsets.js";

const texts = JSON.parse(readFileSync(new URL("../data/offsets.json", import.meta.url), "utf8"));

for (const { name, text, places } of texts) {
  test(`places of ${name}`, () => {
    for (const [place, units] of places) {
      assert.equal(toCodePoints(text, units), place);
      assert.equal(toUnits(text, place), units);
    }
  });
  test(`every place of ${name} goes there and back`, () => {
    for (let place = 0; place <= [...text].length; place += 1) assert.equal(toCodePoints(text, toUnits(text, place)), place);
  });
}

test("an offset inside a character is refused", () => {
  assert.throws(() => toCodePoints("😀", 1), RangeError);
});

test("an offset out of the text is refused", () => {
  assert.throws(() => toCodePoints("Ann", 4), RangeError);
  assert.throws(() => toCodePoints("Ann", -1), RangeError);
  assert.throws(() => toUnits("Ann", 4), RangeError);
});

test("a lone surrogate counts as one", () => {
  assert.equal(toCodePoints("\ud83d!", 1), 1);
  assert.equal(toCodePoints("\ude00\ud83d", 2), 2);
});
