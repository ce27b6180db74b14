import { download, unpack } from "./download";
import type { Model, Site } from "./site";
import type { Answer, Asking, Opening, Reply, Timing } from "./worker";

/** Tokens of the text that precisions are timed on. */
export const TIMED_TOKENS = 32;

/** A model in a worker of its own. */
export class Classifier {
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly waiting: ((reply: Reply) => void)[] = [];
  private started = false;

  constructor(private readonly site: Site) {
    this.worker.onmessage = ({ data }: MessageEvent<Reply>) => this.waiting.shift()?.(data);
    this.worker.onerror = ({ message }) => {
      const error = message || "this browser cannot run the page's worker";
      for (const settle of this.waiting.splice(0)) settle({ error });
    };
  }

  /** Fetch a model and take it into use; `tell` hears how many of the model's bytes have come. */
  async open(model: Model, tell: (bytes: number) => void): Promise<void> {
    const [wasm, content, tokenizer, tokenizerConfig] = await Promise.all([
      this.started ? null : download(RUNTIME).then(unpack),
      download(model.file, tell),
      json("model/tokenizer.json"),
      json("model/tokenizer_config.json"),
    ]);
    const opening: Opening = {
      kind: "open",
      wasm,
      model: content,
      tokenizer,
      tokenizerConfig,
      maxLength: this.site.max_length,
    };
    await this.ask(opening, wasm ? [wasm, content] : [content]);
    this.started = true;
  }

  /** Answers to rows of one text or two. */
  async answer(rows: string[][]): Promise<Answer[]> {
    return (await this.ask({ kind: "ask", rows })) as Answer[];
  }

  /** Milliseconds that a text of `TIMED_TOKENS` takes on this device. */
  async time(): Promise<number> {
    return (await this.ask({ kind: "time", tokens: TIMED_TOKENS })) as number;
  }

  private async ask(message: Opening | Asking | Timing, transfer: Transferable[] = []): Promise<unknown> {
    const reply = await new Promise<Reply>((settle) => {
      this.waiting.push(settle);
      this.worker.postMessage(message, transfer);
    });
    if ("error" in reply) throw new Error(reply.error);
    return reply.result;
  }
}

async function json(address: string): Promise<object> {
  return JSON.parse(new TextDecoder().decode(await download(address))) as object;
}
