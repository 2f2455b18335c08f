// How long a large dashboard takes to open, and how smooth it is: `scripts/dashboard.sh --speed` calls it.
//
//   node speed.cjs SITE
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const home = pathToFileURL(path.join(path.resolve(process.argv[2]), "index.html")).href;
const TIMES = 7;

const told = (name, times) => {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))].toFixed(0);
  console.log(`${name}: ${at(0.5)} ms (${at(0)}–${at(1)}, ${times.length} times)`);
};

// Milliseconds since navigation started, when a frame with the element has been shown.
const shown = (page, selector) => page.evaluate((wanted) => new Promise((resolve) => {
  const look = () => (document.querySelector(wanted) ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0)) : setTimeout(look, 2));
  look();
}), selector);

(async () => {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "dashboard-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
  const [overviews, charts, searches, hovers, frames] = [[], [], [], [], []];
  for (let i = 0; i < TIMES; i += 1) {
    await page.goto("about:blank");
    await page.goto(home, { waitUntil: "commit" });
    overviews.push(await shown(page, "#list tbody tr"));
    searches.push(await page.evaluate(() => new Promise((resolve) => {
      const search = document.getElementById("search");
      const started = performance.now();
      search.value = "ours 1";
      search.dispatchEvent(new Event("input"));
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started), 0));
    })));
    await page.goto("about:blank");
    await page.goto(`${home}#/chart?b=${encodeURIComponent(`op ${i}/mlx/64`)}`, { waitUntil: "commit" });
    charts.push(await shown(page, "#plot[data-ready]"));
    const box = await page.locator(".u-over").boundingBox();
    hovers.push(...await page.evaluate(async ({ x, y, width, height }) => {
      const over = document.querySelector(".u-over");
      const times = [];
      for (let k = 0; k < 40; k += 1) {
        const started = performance.now();
        over.dispatchEvent(new MouseEvent("mousemove", { clientX: x + width * k / 40, clientY: y + height / 2, bubbles: true, movementX: 3, movementY: 1 }));
        await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 0)));
        times.push(performance.now() - started);
      }
      return times;
    }, box));
  }
  await page.goto("about:blank");
  await page.goto(home);
  await page.waitForSelector("#list tbody tr");
  frames.push(...await page.evaluate(async () => {
    const times = [];
    let before = performance.now();
    for (let k = 0; k < 120; k += 1) {
      scrollBy(0, 120);
      await new Promise((next) => requestAnimationFrame(next));
      times.push(performance.now() - before);
      before = performance.now();
    }
    return times;
  }));
  told("overview opened", overviews);
  told("a benchmark opened by its address", charts);
  told("a search", searches);
  told("a move of the pointer in a chart", hovers);
  told("a frame while scrolling", frames);
  await context.close();
  fs.rmSync(profile, { recursive: true, force: true });
})();
