import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";

import { perturb, readAbbreviations, type Kind, type Strength } from "../src/perturb";

const LIST = new URL("../../src/pocketbert/augmentation/operators/abbreviations.txt", import.meta.url);
const ABBREVIATIONS = readAbbreviations(readFileSync(LIST, "utf8"));
const TEXT = "I can't open the settings page, please fix it as soon as possible. Thanks.";

const after = (text: string, kind: Kind, strength: Strength, seed = 1) =>
  perturb(text, kind, strength, seed, ABBREVIATIONS)
    .map((piece) => piece.text)
    .join("");

test("what was there is kept beside what stands there now", () => {
  for (const kind of ["slips", "hurried"] as const)
    for (let seed = 0; seed < 50; seed++) {
      const pieces = perturb(TEXT, kind, 2, seed, ABBREVIATIONS);
      expect(pieces.map((piece) => piece.was ?? piece.text).join("")).toBe(TEXT);
      expect(pieces.some((piece) => piece.was !== undefined)).toBe(true);
      for (const { text, was } of pieces) expect(text).not.toBe(was);
    }
});

test("slips change single letters of words, never the first, and nothing else", () => {
  for (let seed = 0; seed < 200; seed++)
    for (const { text, was } of perturb(TEXT, "slips", 3, seed, ABBREVIATIONS)) {
      if (was === undefined) continue;
      expect(was).toMatch(/^[a-z]{3,}$/i);
      expect(text[0]).toBe(was[0]);
      expect(Math.abs(text.length - was.length)).toBeLessThanOrEqual(1);
    }
});

test("every kind of slip is drawn", () => {
  const made = new Set(Array.from({ length: 300 }, (_, seed) => after("word", "slips", 3, seed)));
  for (const slip of ["wrod", "wod", "worrd", "worf"]) expect([...made]).toContain(slip);
});

test("hurried typing abbreviates, and leaves out capitals, apostrophes, commas and the last full stop", () => {
  const made = new Set(Array.from({ length: 300 }, (_, seed) => after(TEXT, "hurried", 3, seed)));
  const all = [...made].join("\n");
  for (const piece of ["cant", "asap", "pls", "i ", "page ", "thx"]) expect(all).toContain(piece);
  expect([...made].some((text) => text.endsWith("."))).toBe(true);
  expect([...made].some((text) => !text.endsWith("."))).toBe(true);
  expect(all).toContain("possible. "); // a full stop inside stays
});

test("stronger changes more, of the same places", () => {
  const text = TEXT.repeat(20);
  const changed = (strength: Strength) =>
    perturb(text, "slips", strength, 3, ABBREVIATIONS).filter((piece) => piece.was !== undefined).length;
  expect(changed(1)).toBeLessThan(changed(2));
  expect(changed(2)).toBeLessThan(changed(3));
});

test("what stands there does not jump while one types on", () => {
  const typed = "the acting is wonderful and the music too";
  const longer = after(`${typed} though nobody`, "slips", 3, 7);
  expect(longer.startsWith(after(`${typed} `, "slips", 3, 7))).toBe(true);
});

test("the same seed draws the same, another one something else", () => {
  expect(after(TEXT, "slips", 2, 4)).toBe(after(TEXT, "slips", 2, 4));
  expect(new Set(Array.from({ length: 20 }, (_, seed) => after(TEXT, "slips", 2, seed))).size).toBeGreaterThan(15);
});

test("texts without words stay as they are", () => {
  for (const kind of ["slips", "hurried"] as const)
    for (const text of ["", "   ", "12 34", "👍", "中文字符", "!?"]) expect(after(text, kind, 3)).toBe(text);
});

test("a long text is no trouble", () => {
  const start = performance.now();
  expect(after("word ".repeat(20_000), "slips", 2).length).toBeGreaterThan(90_000);
  after("a ".repeat(50_000), "hurried", 2);
  expect(performance.now() - start).toBeLessThan(5_000);
});
