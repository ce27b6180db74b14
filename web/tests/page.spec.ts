// The page as a user meets it, once on a desktop and once at 390 px, in the dark.

import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, type Page, test as base } from "@playwright/test";
import axe from "axe-core";

import { agreement, best, expected, EXPORTED, read, softmax } from "./exported";
import { Host } from "./server";

interface Visit {
  host: Host;
  address: string;
  /** A host of what else a test makes, instead of the exported site. */
  serve(folder: string): void;
}

const test = base.extend<{ visit: Visit }>({
  /** A host; at the end, that nothing was asked of another one and the browser had no complaint. */
  visit: async ({ context }, use) => {
    const host = new Host({ "/": `${EXPORTED}/site` });
    const address = await host.open();
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    context.on("request", (request) => {
      if (!request.url().startsWith(address)) elsewhere.push(request.url());
    });
    context.on("console", (message) => {
      if (!message.text().includes("net::ERR_")) complaints.push(message.text()); // meant to be
    });
    context.on("weberror", (problem) => complaints.push(problem.error().message));
    await use({ host, address, serve: (folder) => (host.folders = { "/": folder }) });
    await host.close();
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  },
});

const box = (page: Page) => page.getByRole("textbox", { name: "Your text" });
const bars = (page: Page, id = "answer") => page.locator(`#${id} .bars li`);
const precision = (page: Page, name: string) => page.getByRole("radio", { name });

async function opened(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.locator("#offline")).toContainText("works without a network");
}

/** Label and percentage that the page calls likeliest. */
async function shown(page: Page, id = "answer"): Promise<{ label: string; percent: number }> {
  const row = page.locator(`#${id} .bars .best`);
  const percent = await row.locator(".number").innerText();
  return { label: await row.locator(".name").innerText(), percent: parseFloat(percent) };
}

test("answers what is typed, as PyTorch does, while one types", async ({ page, visit }) => {
  await opened(page, visit.address);
  await precision(page, "fp32").check();
  await expect(page.locator("#time-fp32")).toHaveText(/ ms$/);
  for (const at of [0, 7, 42]) {
    await box(page).fill(expected.messages[at]!);
    const shares = softmax(expected.logits[at]!);
    const winner = best(shares);
    const row = page.locator("#answer .bars .best .number");
    await expect(row).toHaveText(`${(100 * shares[winner]!).toFixed(1)} %`);
    expect((await shown(page)).label).toBe(expected.labels[winner]);
    await expect(page.locator("#answer")).toContainText(/\d ms, \d+ tokens/);
  }
  await expect(bars(page)).toHaveCount(expected.labels.length);
  await box(page).fill("");
  await expect(page.locator("#answer")).toContainText("appears here as you type");
  await expect(bars(page, "spoilt-answer")).toHaveCount(0);
});

test("shows the text with mistakes, its own answer, and whether that is another one", async ({ page, visit }) => {
  await opened(page, visit.address);
  const text = "The phone was great on monday, I didn't expect that because the old one was awful.";
  await box(page).fill(text);
  await page.getByText("Heavy").click();
  const seen = new Set<string>();
  const verdicts = new Set<string>();
  for (let draw = 0; draw < 12; draw++) {
    const spoilt = await page.locator("#spoilt").innerText();
    seen.add(spoilt);
    expect(spoilt).not.toBe(text);
    expect(await page.locator("#spoilt mark").count()).toBeGreaterThan(0);
    await expect(page.locator("#spoilt-answer .verdict")).toBeVisible();
    const same = (await shown(page)).label === (await shown(page, "spoilt-answer")).label;
    verdicts.add((await page.locator(".verdict").innerText()) + same);
    await page.getByRole("button", { name: "Draw again" }).click();
    await page.waitForTimeout(150);
  }
  expect(seen.size).toBeGreaterThan(8);
  for (const verdict of verdicts) expect(["The answer holdstrue", "The answer flipsfalse"]).toContain(verdict);
  await page.getByText("In a hurry").click();
  await expect(page.locator("#spoilt")).toContainText(/\b(bc|cuz|coz)\b/);
});

test("one precision at a time is fetched, timed and shown with its size", async ({ page, visit }) => {
  await opened(page, visit.address);
  const asked = () => visit.host.asked.filter((path) => path.endsWith(".onnx"));
  expect(asked()).toEqual(["/model/int8/model.onnx"]);
  await expect(precision(page, "int8")).toBeChecked();
  await expect(page.locator("#time-int8")).toHaveText(/ ms$/);
  await expect(page.locator("#time-fp32")).toHaveText("–");
  await precision(page, "fp32").check();
  await expect(page.locator("#time-fp32")).toHaveText(/ ms$/);
  expect(asked()).toEqual(["/model/int8/model.onnx", "/model/fp32/model.onnx"]);
  const { models } = read("site/model/site.json") as { models: { precision: string; bytes: number; value: number }[] };
  for (const { precision, bytes, value } of models) {
    const row = page.locator(`tr:has(#use-${precision})`);
    await expect(row).toContainText(`${(bytes / 1e6).toFixed(1)} MB`);
    await expect(row).toContainText((100 * value).toFixed(1));
  }
});

test("int8 answers as PyTorch does", async ({ page, visit }) => {
  await opened(page, visit.address);
  const answers: number[][] = [];
  for (const [at, message] of expected.messages.slice(0, 60).entries()) {
    await box(page).fill("");
    await expect(bars(page)).toHaveCount(0);
    await box(page).fill(message);
    const { label, percent } = await shown(page);
    answers.push(expected.labels.map((name) => Number(name === label)));
    const share = softmax(expected.logits[at]!)[expected.labels.indexOf(label)]!;
    expect(Math.abs(percent - 100 * share)).toBeLessThan(2);
  }
  expect(agreement(expected.logits.slice(0, 60), answers)).toBeGreaterThanOrEqual(0.95);
});

test("works without a network after the first visit, with what was fetched", async ({ context, page, visit }) => {
  await opened(page, visit.address);
  await visit.host.close();
  await page.close();
  const again = await context.newPage();
  await opened(again, visit.address);
  await box(again).fill("the phone was great");
  await expect(bars(again)).toHaveCount(2);
  await precision(again, "fp32").click();
  await expect(again.getByRole("alert")).toContainText("is not on this device yet; connect to the network once");
  await expect(precision(again, "int8")).toBeChecked();
  await box(again).fill("the phone was great on monday");
  await expect(again.locator("#answer")).toContainText("tokens");
});

test("a newer site takes the older one's place, and still works without a network", async ({ context, page, visit }) => {
  const newer = `${EXPORTED}/newer-${test.info().project.name}`;
  cpSync(`${EXPORTED}/site`, newer, { recursive: true });
  const site = read("site/model/site.json") as object;
  writeFileSync(`${newer}/model/site.json`, JSON.stringify({ ...site, title: "A newer one" }));
  const files = readFiles();
  writeFileSync(`${newer}/files.js`, `self.FILES = ${JSON.stringify({ ...files, version: "newer" })};`);
  await opened(page, visit.address);
  visit.serve(newer);
  await page.reload(); // asks for the newer one, and is the older one still
  await expect(page.locator("#offline")).toContainText("works without a network");
  await waitingWorker(page);
  await page.close();
  const again = await context.newPage();
  await expect
    .poll(async () => {
      await opened(again, visit.address);
      return again.title();
    })
    .toBe("A newer one");
  await visit.host.close();
  await opened(again, visit.address);
  await box(again).fill("the phone was great");
  await expect(bars(again)).toHaveCount(2);
  rmSync(newer, { recursive: true });
});

/** Until the newer service worker has fetched its files. */
async function waitingWorker(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null))
    .toBe(true);
}

function readFiles(): object {
  const text = readFileSync(`${EXPORTED}/site/files.js`, "utf8");
  return JSON.parse(text.slice(text.indexOf("=") + 1).replace(/;\s*$/, "")) as object;
}

test("all of it is within reach of the keyboard", async ({ page, visit }) => {
  await opened(page, visit.address);
  await page.keyboard.press("Tab");
  await page.keyboard.type("the film was awful because nobody tried");
  await expect(bars(page)).toHaveCount(2);
  const reached: string[] = [];
  for (let step = 0; step < 9; step++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement!.id || (document.activeElement as HTMLInputElement).name));
    const outlined = await page.evaluate(() => {
      const focused = document.activeElement!;
      const visible = focused.matches(".choice input") ? focused.nextElementSibling! : focused;
      return parseFloat(getComputedStyle(visible).outlineWidth);
    });
    expect(outlined).toBeGreaterThanOrEqual(2);
  }
  expect(reached.slice(0, 5)).toEqual(["spoilt", "kind", "strength", "again", "use-int8"]);
  const before = await page.locator("#spoilt").innerText();
  await page.locator("#again").focus();
  await page.keyboard.press("Space");
  await expect(page.locator("#spoilt")).not.toHaveText(before);
  await page.locator("[name=kind]:checked").focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator("#spoilt")).toContainText(/\b(bc|cuz|coz)\b/);
  await precision(page, "int8").focus();
  await page.keyboard.press("ArrowUp");
  await expect(page.locator("#time-fp32")).toHaveText(/ ms$/);
});

test("a reader of the screen is told the answer once typing pauses", async ({ page, visit }) => {
  await opened(page, visit.address);
  await box(page).fill("the phone was great");
  await expect(page.getByRole("status").last()).toHaveText(/^(good|bad), \d+ percent\. The answer (holds|flips) when/);
});

for (const colorScheme of ["light", "dark"] as const)
  test(`nothing to complain of for axe, ${colorScheme}`, async ({ page, visit }) => {
    await page.emulateMedia({ colorScheme });
    await opened(page, visit.address);
    await box(page).fill("the phone was great on monday because it works");
    await expect(page.locator(".verdict")).toBeVisible();
    await page.evaluate(axe.source);
    const rules = await page.evaluate(async () => {
      const { violations, passes } = await (window as unknown as { axe: typeof axe }).axe.run();
      return { found: violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html}`), passed: passes.length };
    });
    expect(rules.found).toEqual([]);
    expect(rules.passed).toBeGreaterThan(20);
  });

test("fits the screen, and fingers", async ({ page, visit }) => {
  await opened(page, visit.address);
  await box(page).fill(`${"long".repeat(200)} word`);
  await expect(page.locator(".verdict")).toBeVisible();
  const { needed, width } = await page.evaluate(() => ({
    needed: document.documentElement.scrollWidth,
    width: document.documentElement.clientWidth,
  }));
  expect(needed).toBeLessThanOrEqual(width);
  for (const target of await page.locator("button, .choice span, tbody label").all())
    expect((await target.boundingBox())!.height).toBeGreaterThanOrEqual(43.5);
});

test("a hundred thousand characters are cut, said so, and answered", async ({ page, visit }) => {
  await opened(page, visit.address);
  await box(page).fill("the phone was great ".repeat(5_000));
  await expect(page.locator("#answer")).toContainText(`${expected.maxLength} tokens, cut at ${expected.maxLength}`);
});

test("labels and texts are text, whatever they hold", async ({ page, visit }) => {
  const hostile = `${EXPORTED}/hostile-${test.info().project.name}`;
  const labels = ["<img src=x onerror=\"document.title='stolen'\">", "\u202eright to left \u0645\u0631\u062d\u0628\u0627 " + "long ".repeat(30)];
  cpSync(`${EXPORTED}/site`, hostile, { recursive: true });
  const site = read("site/model/site.json") as object;
  writeFileSync(`${hostile}/model/site.json`, JSON.stringify({ ...site, labels, title: labels[0] }));
  visit.serve(hostile);
  await opened(page, visit.address);
  await box(page).fill(`${labels[0]} <script>alert(1)</script> {{ 7 * 7 }}`);
  await expect(bars(page)).toHaveCount(2);
  await expect(page.locator("h1")).toHaveText(labels[0]!);
  expect(await page.locator("main img, h1 img, main script").count()).toBe(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
  rmSync(hostile, { recursive: true });
});

test("pairs have two boxes, and a number its scale", async ({ page, visit }) => {
  visit.serve(`${EXPORTED}/pair-site`);
  await opened(page, visit.address);
  await page.getByRole("textbox", { name: "First text" }).fill("the phone was good .");
  await page.getByRole("textbox", { name: "Second text" }).fill("a film was good .");
  await expect(bars(page)).toHaveCount(1);
  expect((await shown(page)).percent).toBeGreaterThan(-1);
  await expect(page.locator("#spoilt p")).toHaveCount(2);
  await expect(page.locator(".verdict")).toHaveText(/The answer (holds|flips)/);
});

test("a host that lost the model says so in a line", async ({ page, visit }) => {
  const broken = `${EXPORTED}/broken-${test.info().project.name}`;
  cpSync(`${EXPORTED}/site`, broken, { recursive: true });
  writeFileSync(`${broken}/model/int8/model.onnx`, "no model");
  visit.serve(broken);
  await page.goto(visit.address);
  await expect(page.getByRole("alert")).toBeVisible();
  await precision(page, "fp32").check();
  await expect(page.locator("#time-fp32")).toHaveText(/ ms$/);
  await expect(page.getByRole("alert")).toBeHidden();
  rmSync(broken, { recursive: true });
});
