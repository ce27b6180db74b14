import { Tokenizer } from "@huggingface/tokenizers";

export interface Encoded {
  ids: number[];
  /** 0 for the first text and its frame, 1 for the second. */
  segments: number[];
  /** Whether tokens were cut off. */
  cut: boolean;
}

interface TokenizerFile {
  normalizer: { lowercase?: boolean } | null;
}

/** Texts to ids as in training: `[CLS] text [SEP]` or `[CLS] text [SEP] text [SEP]`, cut to a length. */
export class Encoder {
  private readonly tokenizer: Tokenizer;
  private readonly lowercase: boolean;
  private readonly begin: number;
  private readonly end: number;

  constructor(
    file: TokenizerFile,
    config: { cls_token: string; sep_token: string },
    private readonly maxLength: number,
  ) {
    this.tokenizer = new Tokenizer(file, config);
    this.lowercase = file.normalizer?.lowercase ?? false;
    this.begin = this.id(config.cls_token);
    this.end = this.id(config.sep_token);
  }

  encode(texts: readonly string[]): Encoded {
    const [first = [], second] = texts.map((text) => this.pieces(text));
    if (!second) {
      const kept = first.slice(0, this.maxLength - 2);
      const ids = [this.begin, ...kept, this.end];
      return { ids, segments: ids.map(() => 0), cut: kept.length < first.length };
    }
    const [left, right] = shares(first.length, second.length, this.maxLength - 3);
    const head = [this.begin, ...first.slice(0, left), this.end];
    const tail = [...second.slice(0, right), this.end];
    return {
      ids: [...head, ...tail],
      segments: [...head.map(() => 0), ...tail.map(() => 1)],
      cut: left + right < first.length + second.length,
    };
  }

  private pieces(text: string): number[] {
    // JavaScript writes a sigma otherwise at the end of a word, the tokenizer of the training does not.
    const plain = this.lowercase ? text.replaceAll("Σ", "σ") : text;
    return this.tokenizer.encode(plain, { add_special_tokens: false }).ids;
  }

  private id(token: string): number {
    const id = this.tokenizer.token_to_id(token);
    if (id === undefined) throw new Error(`the vocabulary lacks ${token}`);
    return id;
  }
}

/** How many tokens each of two texts keeps: of two long ones half each, the longer one the odd token. */
function shares(first: number, second: number, room: number): [number, number] {
  let short = Math.min(first, second);
  let long = Math.min(Math.max(first, second), Math.max(short, room - short));
  if (short + long > room) {
    short = Math.floor(room / 2);
    long = room - short;
  }
  return first > second ? [long, short] : [short, long];
}
