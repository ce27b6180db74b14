// What tests/web made before it started these tests.

import { readFileSync } from "node:fs";

export const EXPORTED = process.env.POCKETBERT_EXPORTED!;

export interface Expected {
  /** Messages, and PyTorch's logits for each. */
  messages: string[];
  logits: number[][];
  labels: string[];
  maxLength: number;
  /** Rows of one text or two, and the ids that the tokenizer of the training makes of them. */
  torture: { texts: string[]; ids: number[]; segments: number[] }[];
}

export const expected = read("expected.json") as Expected;

export function read(path: string): unknown {
  return JSON.parse(readFileSync(`${EXPORTED}/${path}`, "utf8"));
}

export function softmax(logits: readonly number[]): number[] {
  const weights = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

export function best(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits));
}

/** max|a-b| / max|a| */
export function relativeDifference(before: number[][], after: number[][]): number {
  const flat = before.flat();
  const distance = Math.max(...after.flat().map((value, at) => Math.abs(value - flat[at]!)));
  return distance / Math.max(...flat.map(Math.abs));
}

export function agreement(before: number[][], after: number[][]): number {
  return before.filter((logits, at) => best(logits) === best(after[at]!)).length / before.length;
}
