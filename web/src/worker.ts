/// <reference lib="webworker" />
// Tokenizer and model, away from the page, which stays quick under the fingers however long an answer takes.

import * as runtime from "onnxruntime-web/wasm";

import { Encoder } from "./encode";

export interface Opening {
  kind: "open";
  /** ONNX Runtime's WebAssembly; only the first opening needs it. */
  wasm: ArrayBuffer | null;
  model: ArrayBuffer;
  tokenizer: object;
  tokenizerConfig: object;
  maxLength: number;
}

export interface Asking {
  kind: "ask";
  /** Rows of one text or two. */
  rows: string[][];
}

export interface Timing {
  kind: "time";
  tokens: number;
}

export interface Answer {
  logits: number[];
  tokens: number;
  /** Whether the text was longer than the model reads. */
  cut: boolean;
  milliseconds: number;
}

export type Reply = { result: Answer[] | number | null } | { error: string };

const WARMING = 250; // milliseconds
const MEASURING = 250;

const page = self as unknown as DedicatedWorkerGlobalScope;
let session: runtime.InferenceSession | null = null;
let encoder: Encoder | null = null;

async function open({ wasm, model, tokenizer, tokenizerConfig, maxLength }: Opening): Promise<null> {
  if (wasm) runtime.env.wasm.wasmBinary = wasm;
  runtime.env.wasm.numThreads = 1; // more need headers that a plain host does not send
  runtime.env.logLevel = "error";
  await session?.release();
  session = await runtime.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  encoder = new Encoder(
    tokenizer as ConstructorParameters<typeof Encoder>[0],
    tokenizerConfig as ConstructorParameters<typeof Encoder>[1],
    maxLength,
  );
  return null;
}

/** One row at a time: dynamic int8 takes its scales from the whole batch. */
async function ask(rows: string[][]): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const texts of rows) {
    const start = performance.now();
    const { ids, segments, cut } = encoder!.encode(texts);
    const logits = await run(ids, segments);
    answers.push({ logits, tokens: ids.length, cut, milliseconds: performance.now() - start });
  }
  return answers;
}

/** Median over so many tokens; the browser makes its code faster in the first runs, which are not counted. */
async function time(tokens: number): Promise<number> {
  const ids = Array<number>(tokens).fill(1); // which ones does not matter
  const segments = ids.map(() => 0);
  const start = performance.now();
  const times: number[] = [];
  for (let begun = start; times.length < 3 || begun < start + WARMING + MEASURING; begun = performance.now()) {
    await run(ids, segments);
    if (begun >= start + WARMING) times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

async function run(ids: number[], segments: number[]): Promise<number[]> {
  const tensor = (values: number[]) =>
    new runtime.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const inputs = {
    input_ids: tensor(ids),
    attention_mask: tensor(ids.map(() => 1)),
    token_type_ids: tensor(segments),
  };
  const { logits } = await session!.run(inputs);
  return Array.from(logits!.data as Float32Array);
}

async function reply(asked: Opening | Asking | Timing): Promise<Reply> {
  try {
    if (asked.kind === "open") return { result: await open(asked) };
    if (asked.kind === "ask") return { result: await ask(asked.rows) };
    return { result: await time(asked.tokens) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

let last: Promise<void> = Promise.resolve();
page.onmessage = ({ data }: MessageEvent<Opening | Asking | Timing>) => {
  last = last.then(async () => page.postMessage(await reply(data))); // in the order asked
};
