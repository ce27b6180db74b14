import { expect, test } from "@playwright/test";

import { Encoder } from "../src/encode";
import { expected, read } from "./exported";

type Files = ConstructorParameters<typeof Encoder>;

test("the page's tokens are those of the training, whatever is typed", () => {
  const encoder = new Encoder(
    read("tokenizer/tokenizer.json") as Files[0],
    read("tokenizer/tokenizer_config.json") as Files[1],
    expected.maxLength,
  );
  expect(expected.torture.length).toBeGreaterThan(40);
  for (const { texts, ids, segments } of expected.torture) {
    const made = encoder.encode(texts);
    expect(made.ids, JSON.stringify(texts).slice(0, 200)).toEqual(ids);
    expect(made.segments).toEqual(segments);
    expect(made.ids.length).toBeLessThanOrEqual(expected.maxLength);
  }
});
