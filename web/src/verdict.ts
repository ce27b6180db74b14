import type { Site } from "./site";

export interface Share {
  label: string;
  share: number;
}

/** Labels and their probabilities, the likeliest first. */
export function ranked(site: Site, logits: readonly number[]): Share[] {
  const highest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const shares = weights.map((weight, at) => ({ label: site.labels[at] ?? String(at), share: weight / sum }));
  return shares.sort((a, b) => b.share - a.share);
}

/** Whether the answer is another: another label, or a number moved by more than a tenth of its range. */
export function flips(site: Site, before: readonly number[], after: readonly number[]): boolean {
  if (site.range) return Math.abs(before[0]! - after[0]!) > (site.range[1] - site.range[0]) / 10;
  return best(before) !== best(after);
}

function best(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits));
}
