// Run by tests/web, which exports the models first: POCKETBERT_EXPORTED is the folder they lie in.

import { defineConfig, devices } from "@playwright/test";

const EXPORTED = process.env.POCKETBERT_EXPORTED;
if (!EXPORTED) throw new Error("POCKETBERT_EXPORTED is not set; run these tests as `make test-web` does");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests",
  workers: 1,
  timeout: 90_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  outputDir: `${EXPORTED}/results`,
  use: {
    launchOptions: {
      executablePath: CHROMIUM,
      args: ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"],
    },
  },
  projects: [
    { name: "node", testMatch: /(perturb|encode|clients)\.spec/ },
    { name: "desktop", testMatch: /page\.spec/, use: { viewport: { width: 1280, height: 800 } } },
    {
      name: "phone",
      testMatch: /page\.spec/,
      use: { ...devices["Pixel 7"], viewport: { width: 390, height: 844 }, colorScheme: "dark" },
    },
  ],
});
