// What the page shows.  Texts and labels are only ever set as text, never as markup.

import { TIMED_TOKENS } from "./classifier";
import type { Piece } from "./perturb";
import type { Model, Site } from "./site";
import { ranked } from "./verdict";
import type { Answer } from "./worker";

const MOST_LABELS = 5;
const SPEAK_AFTER = 900; // milliseconds without another answer

export function element<Kind extends HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

export function chosen(name: string): string {
  return document.querySelector<HTMLInputElement>(`[name=${name}]:checked`)!.value;
}

/** Fill in what hangs on the site; gives the boxes to type in. */
export function describe(site: Site, use: (model: Model) => void): HTMLTextAreaElement[] {
  document.title = site.title;
  element("title").textContent = site.title;
  if (site.texts === 2) element("yours").textContent = "Your texts";
  element("made").textContent = `Trained on ${site.data} with PocketBERT.`;
  const metric = capital(site.models[0]!.metric);
  element("metric").textContent = metric;
  const rows = new Set(site.models.map((model) => model.rows.toLocaleString("en")));
  element("measured").textContent =
    `Time: ${TIMED_TOKENS} tokens, one text, one thread, on this device. ` +
    `${metric}: ${[...rows].join(" and ")} validation rows, answered by the very file. More in the `;
  element("measured").append(...cards(site.models));
  element("models").replaceChildren(...site.models.map((model) => modelRow(model, use)));
  const names = site.texts === 2 ? ["First text", "Second text"] : ["Your text"];
  const boxes = names.map((name) => textBox(name, site.texts === 2));
  element("typed").replaceChildren(...boxes.flatMap(({ label, box }) => [label, box]));
  nothing();
  return boxes.map(({ box }) => box);
}

/** The model as chosen in the table. */
export function choose(model: Model): Model {
  element<HTMLInputElement>(`use-${model.precision}`).checked = true;
  return model;
}

export function loading(model: Model | null, bytes = 0): void {
  element("loading").hidden = model === null;
  if (!model) return;
  const progress = element<HTMLProgressElement>("progress");
  progress.max = model.bytes;
  progress.value = bytes;
  const state = bytes < model.bytes ? `${megabytes(bytes)} of ${megabytes(model.bytes)}` : "starting";
  element("loading-text").textContent = `Loading ${model.precision}: ${state}`;
}

/** Whether the switch of precisions waits for a model. */
export function waits(waiting: boolean): void {
  for (const input of document.querySelectorAll<HTMLInputElement>("[name=model]")) input.disabled = waiting;
}

export function problem(text: string): void {
  element("problem").textContent = text;
  element("problem").hidden = !text;
}

export function timed(model: Model, milliseconds: number): void {
  element(`time-${model.precision}`).textContent = duration(milliseconds);
}

export function offline(ready: boolean): void {
  element("offline").textContent = ready ? "Kept on this device: works without a network now." : "";
}

export function perturbed(sides: readonly Piece[][]): void {
  const lines = sides.map((pieces) => {
    const line = document.createElement("p");
    line.dir = "auto";
    line.append(...pieces.map(marked));
    return line;
  });
  element("spoilt").replaceChildren(...lines);
}

export function nothing(): void {
  element("answer").replaceChildren(quiet("The answer appears here as you type."));
  element("spoilt").replaceChildren(quiet("What you type appears here with mistakes."));
  element("spoilt-answer").replaceChildren();
}

export function answered(site: Site, plain: Answer, other: Answer, flipped: boolean): void {
  const order = site.range ? [] : ranked(site, plain.logits).map(({ label }) => label);
  element("answer").replaceChildren(...shown(site, plain, order));
  const verdict = document.createElement("p");
  verdict.className = flipped ? "verdict flips" : "verdict holds";
  verdict.textContent = flipped ? "The answer flips" : "The answer holds";
  element("spoilt-answer").replaceChildren(...shown(site, other, order), verdict);
  speak(`${inWords(site, plain)}. ${verdict.textContent} when typed badly.`);
}

let speaking = 0;
/** For screen readers, once typing pauses. */
function speak(text: string): void {
  clearTimeout(speaking);
  speaking = window.setTimeout(() => {
    element("spoken").textContent = text;
  }, SPEAK_AFTER);
}

/** Bars in an order that both boxes share, then how long it took. */
function shown(site: Site, answer: Answer, order: string[]): HTMLElement[] {
  const cut = answer.cut ? `, cut at ${site.max_length}` : "";
  const cost = quiet(`${duration(answer.milliseconds)}, ${answer.tokens} tokens${cut}`);
  if (site.range) return [scale(site.range, answer.logits[0]!), cost];
  const shares = ranked(site, answer.logits);
  const best = shares[0]!.label;
  const kept = order.slice(0, MOST_LABELS);
  if (!kept.includes(best)) kept.splice(-1, 1, best);
  const list = document.createElement("ul");
  list.className = "bars";
  for (const label of kept) {
    const { share } = shares.find((one) => one.label === label)!;
    list.append(bar(label, `${(100 * share).toFixed(1)} %`, share, label === best));
  }
  const more = order.length - kept.length;
  return [list, ...(more ? [quiet(`and ${more} more labels`)] : []), cost];
}

function inWords(site: Site, answer: Answer): string {
  if (site.range) return answer.logits[0]!.toFixed(2);
  const { label, share } = ranked(site, answer.logits)[0]!;
  return `${label}, ${Math.round(100 * share)} percent`;
}

function scale([low, high]: [number, number], value: number): HTMLElement {
  const list = document.createElement("ul");
  list.className = "bars";
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  list.append(bar(`${low} to ${high}`, value.toFixed(2), share, true));
  return list;
}

function bar(label: string, figure: string, share: number, best: boolean): HTMLElement {
  const row = document.createElement("li");
  if (best) row.className = "best";
  const name = document.createElement("span");
  name.className = "name";
  name.dir = "auto";
  name.textContent = label;
  const number = document.createElement("span");
  number.className = "number";
  number.textContent = figure;
  const track = document.createElement("span");
  track.className = "track";
  const fill = document.createElement("span");
  fill.style.width = `${100 * share}%`;
  track.append(fill);
  row.append(name, number, track);
  return row;
}

function marked({ text, was }: Piece): Node {
  if (was === undefined) return document.createTextNode(text);
  const mark = document.createElement(text ? "mark" : "del");
  mark.textContent = text || was;
  mark.title = `was: ${was}`;
  return mark;
}

function modelRow(model: Model, use: (model: Model) => void): HTMLElement {
  const row = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  const label = document.createElement("label");
  const input = document.createElement("input");
  input.type = "radio";
  input.name = "model";
  input.id = `use-${model.precision}`;
  input.addEventListener("change", () => use(model));
  label.append(input, ` ${model.precision}`);
  head.append(label);
  if (model.degraded) head.append(quiet("degraded: answers otherwise than its model"));
  const time = cell("–");
  time.id = `time-${model.precision}`;
  row.append(head, cell(megabytes(model.bytes)), time, cell(`${(100 * model.value).toFixed(1)}`));
  return row;
}

/** "cards of fp32 and int8." */
function cards(models: readonly Model[]): (Node | string)[] {
  const links = models.map(({ card, precision }) => {
    const link = document.createElement("a");
    link.href = card;
    link.textContent = precision;
    return link;
  });
  return [models.length > 1 ? "cards of " : "card of ", ...links.flatMap((link, at) => (at ? [" and ", link] : [link])), "."];
}

function textBox(name: string, named: boolean): { label: HTMLElement; box: HTMLTextAreaElement } {
  const label = document.createElement("label");
  label.textContent = name;
  const box = document.createElement("textarea");
  box.id = label.htmlFor = `text-${name.split(" ")[0]!.toLowerCase()}`;
  box.rows = 3;
  box.dir = "auto";
  box.placeholder = "Type or paste a text";
  box.spellcheck = false; // a browser's own check may ask a server
  if (!named) label.className = "unseen";
  return { label, box };
}

function cell(text: string): HTMLElement {
  const made = document.createElement("td");
  made.className = "number";
  made.textContent = text;
  return made;
}

function quiet(text: string): HTMLElement {
  const made = document.createElement("p");
  made.className = "quiet";
  made.textContent = text;
  return made;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function duration(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
