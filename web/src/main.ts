import "./style.css";

import abbreviations from "../../src/pocketbert/augmentation/operators/abbreviations.txt?raw";
import { Classifier } from "./classifier";
import { download } from "./download";
import { type Kind, perturb, readAbbreviations, type Strength } from "./perturb";
import type { Model, Site } from "./site";
import { flips } from "./verdict";
import * as view from "./view";

const ABBREVIATIONS = readAbbreviations(abbreviations);
let seed = 1;

/** The page, from the site's description on. */
class Page {
  private readonly classifier: Classifier;
  private readonly boxes: HTMLTextAreaElement[];
  private open: Model | null = null;
  private answering = false;
  private changed = false;

  constructor(private readonly site: Site) {
    this.classifier = new Classifier(site);
    this.boxes = view.describe(site, (model) => this.use(model));
    for (const box of this.boxes) box.addEventListener("input", () => this.answer());
    for (const input of document.querySelectorAll("[name=kind], [name=strength]"))
      input.addEventListener("change", () => this.answer());
    view.element("again").addEventListener("click", () => {
      seed += 1;
      void this.answer();
    });
    void this.answer();
  }

  /** Take a model into use: answer what was typed, then time it. */
  async use(model: Model): Promise<void> {
    const before = this.open;
    view.waits(true);
    try {
      view.loading(model, 0);
      await this.classifier.open(model, (bytes) => view.loading(model, bytes));
      this.open = model;
      view.problem("");
      view.loading(null);
      await this.answer();
      view.timed(model, await this.classifier.time());
    } catch (error) {
      view.problem(sentence(error));
      if (before) view.choose(before);
    } finally {
      view.loading(null);
      view.waits(false);
    }
    view.offline(navigator.serviceWorker?.controller != null && this.open != null);
  }

  /** Show the texts at once and their answers when they come; of texts typed meanwhile only the newest. */
  private async answer(): Promise<void> {
    this.changed = true;
    const { typed, pieces } = this.texts();
    if (typed.some((text) => text.trim())) view.perturbed(pieces);
    else view.nothing();
    if (this.answering || !this.open) return;
    this.answering = true;
    try {
      while (this.changed) {
        this.changed = false;
        await this.answerOnce();
      }
    } catch (error) {
      view.problem(sentence(error));
    } finally {
      this.answering = false;
    }
  }

  private async answerOnce(): Promise<void> {
    const { typed, pieces } = this.texts();
    if (!typed.some((text) => text.trim())) return;
    const spoilt = pieces.map((side) => side.map(({ text }) => text).join(""));
    const [plain, other] = await this.classifier.answer([typed, spoilt]);
    view.answered(this.site, plain!, other!, flips(this.site, plain!.logits, other!.logits));
  }

  private texts() {
    const typed = this.boxes.map((box) => box.value);
    const kind = view.chosen("kind") as Kind;
    const strength = Number(view.chosen("strength")) as Strength;
    return { typed, pieces: typed.map((text) => perturb(text, kind, strength, seed, ABBREVIATIONS)) };
  }
}

/** The service worker first, so that all that is fetched from then on stays on the device. */
async function keepOffline(): Promise<void> {
  const workers = navigator.serviceWorker;
  if (!workers) return; // not over plain http
  const controlled = new Promise((settle) => workers.addEventListener("controllerchange", settle, { once: true }));
  await workers.register("sw.js", { updateViaCache: "none" });
  if (!workers.controller) await Promise.race([controlled, new Promise((settle) => setTimeout(settle, 5000))]);
}

function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return view.capital(text) + (text.endsWith(".") ? "" : ".");
}

async function start(): Promise<void> {
  try {
    await keepOffline().catch(() => {}); // the page works without
    const site = JSON.parse(new TextDecoder().decode(await download("model/site.json"))) as Site;
    const page = new Page(site);
    await page.use(view.choose(site.models.at(-1)!));
  } catch (error) {
    view.problem(sentence(error));
  }
}

void start();
