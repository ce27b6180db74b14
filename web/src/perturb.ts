// The second box's text: the first one as it might be typed on a phone.  Every change is drawn from the seed, the
// word's place and the word itself, so that what stands there already does not jump while one types on.

export type Kind = "slips" | "hurried";

export interface Piece {
  text: string;
  /** What stood here before, where this was changed. */
  was?: string;
}

/** Phrases, in lower case, and what is typed for them. */
export type Abbreviations = ReadonlyMap<string, readonly string[]>;

/** Share of the places that are changed, by strength. */
export const SHARES = { 1: 0.15, 2: 0.35, 3: 0.7 } as const;
export type Strength = keyof typeof SHARES;

const WORD = /[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
const KEYS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
const LONGEST_PHRASE = 5;

/** The text with some of its places changed; at least one, where there is any. */
export function perturb(
  text: string,
  kind: Kind,
  strength: Strength,
  seed: number,
  abbreviations: Abbreviations,
): Piece[] {
  const changes = kind === "slips" ? slips(text, seed) : hurries(text, seed, abbreviations);
  const luckiest = Math.min(...changes.map(({ luck }) => luck));
  const pieces: Piece[] = [];
  let at = 0;
  for (const { start, end, now, luck } of changes) {
    if (luck >= SHARES[strength] && luck !== luckiest) continue;
    if (start > at) pieces.push({ text: text.slice(at, start) });
    pieces.push({ text: now, was: text.slice(start, end) });
    at = end;
  }
  if (at < text.length) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** The lines `as soon as possible: asap` of a list, `#` before remarks. */
export function readAbbreviations(list: string): Abbreviations {
  const lines = list.split("\n").filter((line) => line && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [full = "", short = ""] = line.split(": ");
      return [full, short.split(" ")];
    }),
  );
}

/** A change that could be made; `luck` below a share says that it is. */
interface Change {
  start: number;
  end: number;
  now: string;
  luck: number;
}

/** Slips of the finger in words of three letters or more: a key beside it, two exchanged, one lost or doubled. */
function slips(text: string, seed: number): Change[] {
  return words(text).flatMap(({ word, start, place }) => {
    if (!/^[a-z]{3,}$/i.test(word)) return [];
    const draw = draws(seed, place, word);
    const luck = draw();
    const now = slip(word, draw);
    return [{ start, end: start + word.length, now, luck }];
  });
}

function slip(word: string, draw: () => number): string {
  const at = 1 + Math.floor(draw() * (word.length - 1)); // the first letter is rarely mistyped
  const before = word.slice(0, at);
  const letter = word[at]!;
  const after = word.slice(at + 1);
  const kind = Math.floor(draw() * 4);
  if (kind === 1 && at > 1 && word[at - 1] !== letter) return word.slice(0, at - 1) + letter + word[at - 1] + after;
  if (kind === 2 && word.length > 3) return before + after;
  if (kind === 3) return before + letter + letter + after;
  return before + beside(letter, draw) + after;
}

/** A key next to it in its row or in the next one. */
function beside(letter: string, draw: () => number): string {
  const small = letter.toLowerCase();
  const row = KEYS.findIndex((keys) => keys.includes(small));
  const column = KEYS[row]!.indexOf(small);
  const near = [KEYS[row]![column - 1], KEYS[row]![column + 1], KEYS[row - 1]?.[column], KEYS[row + 1]?.[column]];
  const keys = near.filter((key) => key !== undefined);
  const key = keys[Math.floor(draw() * keys.length)]!;
  return letter === small ? key : key.toUpperCase();
}

/** Hurried typing: abbreviations, no capitals, apostrophes or commas, no full stop at the end. */
function hurries(text: string, seed: number, abbreviations: Abbreviations): Change[] {
  const found: Change[] = [];
  const all = words(text);
  for (let at = 0; at < all.length; ) {
    const { word, start, place } = all[at]!;
    const draw = draws(seed, place, word);
    const luck = draw();
    const [length, short] = abbreviated(text, all, at, abbreviations, draw);
    const last = all[at + length - 1]!;
    const end = last.start + last.word.length;
    const now = short ?? (/^\p{Lu}\p{Ll}*(?:['’]|$)/u.test(word) ? word.toLowerCase() : word).replace(/['’]/g, "");
    if (now !== text.slice(start, end)) found.push({ start, end, now, luck });
    at += length;
  }
  for (const mark of text.matchAll(/,(?=\s)|\.(?=\s*$)/g)) {
    const luck = draws(seed, mark.index, mark[0])();
    found.push({ start: mark.index, end: mark.index + 1, now: "", luck });
  }
  return found.sort((a, b) => a.start - b.start);
}

/** How many words from here on are a phrase that has an abbreviation, and the abbreviation. */
function abbreviated(
  text: string,
  all: Word[],
  at: number,
  abbreviations: Abbreviations,
  draw: () => number,
): [number, string | undefined] {
  for (let length = Math.min(LONGEST_PHRASE, all.length - at); length > 0; length--) {
    const last = all[at + length - 1]!;
    const phrase = text.slice(all[at]!.start, last.start + last.word.length).toLowerCase();
    const shorts = abbreviations.get(phrase);
    if (shorts) return [length, shorts[Math.floor(draw() * shorts.length)]];
  }
  return [1, undefined];
}

interface Word {
  word: string;
  start: number;
  /** How many words stand before it. */
  place: number;
}

function words(text: string): Word[] {
  return [...text.matchAll(WORD)].map((match, place) => ({ word: match[0], start: match.index, place }));
}

/** Numbers from 0 to 1 that hang on nothing but the seed, the place and the word (FNV-1a, then mulberry32). */
function draws(seed: number, place: number, word: string): () => number {
  let state = 2166136261;
  for (const letter of `${seed} ${place} ${word}`) state = Math.imul(state ^ letter.codePointAt(0)!, 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
