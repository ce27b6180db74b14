// The exported folders in transformers.js, as an app would use them: in Node and in the browser.

import { fileURLToPath } from "node:url";
import { AutoModelForSequenceClassification, AutoTokenizer, env } from "@huggingface/transformers";
import { expect, test } from "@playwright/test";

import { agreement, EXPORTED, expected, relativeDifference } from "./exported";
import { Host } from "./server";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
const LIBRARY = "/npm/@huggingface/transformers";
const FOLDERS = ["onnx-fp32", "onnx-int8"];

function check(folder: string, answers: number[][]): void {
  expect(answers.length).toBe(500);
  if (folder === "onnx-fp32") expect(relativeDifference(expected.logits, answers)).toBeLessThan(1e-4);
  expect(agreement(expected.logits, answers)).toBeGreaterThanOrEqual(folder === "onnx-fp32" ? 1 : 0.985);
}

for (const folder of FOLDERS)
  test(`transformers.js in Node answers as PyTorch: ${folder}`, async () => {
    env.allowRemoteModels = false;
    env.localModelPath = EXPORTED;
    const tokenizer = await AutoTokenizer.from_pretrained(folder);
    const options = { subfolder: "", model_file_name: "model", dtype: "fp32" } as const;
    const model = await AutoModelForSequenceClassification.from_pretrained(folder, options);
    const answers: number[][] = [];
    for (const message of expected.messages) {
      const { logits } = await model(tokenizer(message, { truncation: true, max_length: expected.maxLength }));
      answers.push(Array.from(logits.data as Float32Array));
    }
    check(folder, answers);
  });

for (const folder of FOLDERS)
  test(`transformers.js in Chromium answers as PyTorch: ${folder}`, async ({ page }) => {
    const host = new Host({ "/npm/": MODULES, "/models/": EXPORTED, "/": fileURLToPath(new URL(".", import.meta.url)) });
    const address = await host.open();
    try {
      await page.goto(`${address}blank.html`);
      const answers = await page.evaluate(
        async ({ library, folder, messages, maxLength }) => {
          const { AutoModelForSequenceClassification, AutoTokenizer, env } = await import(`${library}/dist/transformers.js`);
          env.allowRemoteModels = false;
          env.allowLocalModels = true;
          env.localModelPath = "/models/";
          env.useBrowserCache = false;
          env.backends.onnx.wasm.wasmPaths = `${library}/node_modules/onnxruntime-web/dist/`;
          const tokenizer = await AutoTokenizer.from_pretrained(folder);
          const options = { subfolder: "", model_file_name: "model", dtype: "fp32", device: "wasm" };
          const model = await AutoModelForSequenceClassification.from_pretrained(folder, options);
          const answers: number[][] = [];
          for (const message of messages) {
            const { logits } = await model(tokenizer(message, { truncation: true, max_length: maxLength }));
            answers.push(Array.from(logits.data as Float32Array));
          }
          return answers;
        },
        { library: LIBRARY, folder, messages: expected.messages, maxLength: expected.maxLength },
      );
      check(folder, answers);
    } finally {
      await host.close();
    }
  });

test("transformers.js makes the tokens of the training", async () => {
  env.allowRemoteModels = false;
  env.localModelPath = EXPORTED;
  const tokenizer = await AutoTokenizer.from_pretrained("tokenizer");
  let compared = 0;
  for (const { texts, ids } of expected.torture) {
    const isCut = ids.length === expected.maxLength;
    if (texts.join().includes("Σ")) continue; // its small letter at the end of a word is another one there
    if (texts[1] === "" || (texts[1] && isCut)) continue; // read as one text; cut at the end, whichever is longer
    const made = tokenizer(texts[0]!, { text_pair: texts[1], truncation: true, max_length: expected.maxLength });
    const theirs = Array.from(made.input_ids.data as BigInt64Array, Number);
    if (isCut) expect(theirs.pop()).not.toBe(tokenizer.sep_token_id); // which our example puts back
    if (isCut) theirs.push(tokenizer.sep_token_id!);
    expect(theirs, JSON.stringify(texts).slice(0, 200)).toEqual(ids);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(38);
});
