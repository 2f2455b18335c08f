// Opens a made dashboard in Chromium from the disk, and uses it as people do: `scripts/dashboard.sh` calls it.
//
//   node dashboard.cjs SITE [PICTURES]
//
// SITE is what examples/made_dashboard.rs wrote with its defaults; PICTURES is a folder for screenshots.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const [site, pictures] = process.argv.slice(2);
const home = pathToFileURL(path.join(path.resolve(site), "index.html")).href;
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const problems = [];
const asked = [];
let page;

const picture = async (name) => { if (pictures) { await page.screenshot({ path: path.join(pictures, `${name}.png`) }); } };
const open = async (hash) => { await page.goto("about:blank"); await page.goto(home + hash); await page.waitForSelector("html[data-ready]"); };
const openChart = async (hash) => { await open(hash); await page.waitForSelector("#plot[data-ready]"); };
const address = () => page.evaluate(() => location.href); // Playwright's own is behind
const rows = () => page.locator("#list tbody tr").count();

// Rules of axe-core for WCAG 2.2 A and AA.
async function accessible(what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(" | ")}`);
  assert.deepEqual(told, [], `${what}: ${told.join("\n")}`);
}

const steps = {
  async "the overview opens from the disk, worst first"() {
    await open("");
    assert.equal(await page.title(), "made <i>history</i>");
    assert.match(await page.locator("#about").textContent(), /^94 benchmarks, 250 runs, until 20/);
    const outcomes = await page.locator("#list .outcome").allTextContents();
    assert.match(outcomes[0], /slower/);
    assert.ok(outcomes.lastIndexOf("▲ slower") < outcomes.indexOf("– steady"), String(outcomes));
    assert.ok((await rows()) >= 60);
    await picture("overview");
    await accessible("overview");
  },
  async "more rows come with scrolling"() {
    const before = await rows();
    await page.locator("#more").scrollIntoViewIfNeeded();
    await page.waitForFunction((n) => document.querySelectorAll("#list tbody tr").length > n, before);
  },
  async "search narrows, and is in the address"() {
    await open("");
    await page.keyboard.press("/");
    await page.keyboard.type("OURS 1024");
    const names = await page.locator("#list a.name").allTextContents();
    assert.ok(names.length > 0 && names.every((name) => /ours\/1024$/.test(name)), String(names));
    assert.match(await address(), /q=OURS\+1024/);
    await page.keyboard.press("Escape");
    assert.ok((await rows()) > names.length);
  },
  async "filters narrow: group, outcome, environment, branch"() {
    await open("");
    await page.locator(".group", { hasText: "op 1" }).first().click();
    let names = await page.locator("#list a.name").allTextContents();
    assert.ok(names.length > 0 && names.every((name) => name.startsWith("op 1/")), String(names));
    await page.locator(".chip.slower").click();
    const outcomes = await page.locator("#list .outcome").allTextContents();
    assert.ok(outcomes.length > 0 && outcomes.every((text) => text === "▲ slower"), String(outcomes));
    await open("#/?env=fedcba9876543210");
    assert.equal(await page.locator("#count").textContent(), "94 series");
    await open(`#/?branch=${encodeURIComponent("next/<b>")}`);
    assert.equal(await page.locator("#count").textContent(), "94 series");
    names = await page.locator("#list .outcome").allTextContents();
    assert.ok(names.every((name) => !name.includes("slower")), String(names));
  },
  async "what drifted is told, with since when, in the list and on its own page"() {
    await open("#/?outcome=drifted&env=0123456789abcdef");
    const first = page.locator("#list tbody tr").first();
    assert.match(await first.textContent(), /op \d.*\+\d\.\d %~ drifted[0-9a-f]{9} .*20\d\d-\d\d-\d\d/);
    await accessible("drifts");
    await first.locator("a.name").click();
    await page.waitForSelector("#plot[data-ready]");
    assert.match(await page.locator("#drifts").textContent(), /^\+\d\.\d % \(\+.* to \+.*\) since .*[0-9a-f]{9} .*in no step/);
    await picture("drift");
    await openChart(`#/chart?b=${encodeURIComponent("op 0/ours/64")}&env=0123456789abcdef`);
    assert.equal(await page.locator("#drifts").count(), 0);
  },
  async "the list is walked and opened by keys"() {
    await open("");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const name = await page.evaluate(() => document.activeElement.textContent);
    assert.equal(name, await page.locator("#list a.name").first().textContent());
    await page.keyboard.press("Enter");
    await page.waitForSelector("#plot[data-ready]");
    assert.equal(await page.locator("h1").textContent(), name);
    await page.keyboard.press("Escape");
    await page.waitForSelector("#list");
  },
  async "a chart tells its points, and links their commits"() {
    await openChart(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}&env=0123456789abcdef`);
    assert.ok((await page.locator("#changes tbody tr").count()) >= 1);
    const over = page.locator(".u-over");
    const box = await over.boundingBox();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5);
    await page.waitForSelector("#tip:not([hidden])");
    assert.match(await page.locator("#tip").textContent(), /(ns|µs).*\d{4}-\d\d-\d\d/);
    await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5);
    const link = await page.locator("#tip a.commit").getAttribute("href");
    assert.match(link, /^https:\/\/example\.org\/o\/r\/commit\/[0-9a-f]{40}$/);
    assert.match(await address(), /at=[0-9a-f]{40}/);
    await picture("chart");
    await accessible("chart");
    const held = await address();
    await page.goto("about:blank");
    await page.goto(held);
    await page.waitForSelector("#tip.pinned");
    assert.equal(await page.locator("#tip a.commit").getAttribute("href"), link);
  },
  async "a chart is walked by keys: runs and changes"() {
    await openChart(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}&env=0123456789abcdef`);
    await page.locator("#plot").focus();
    await page.keyboard.press("ArrowLeft");
    const last = await page.locator("#point").textContent();
    await page.keyboard.press("ArrowLeft");
    assert.notEqual(await page.locator("#point").textContent(), last);
    await page.keyboard.press("[");
    assert.match(await page.locator("#point").textContent(), /% here, confirmed/);
    await page.keyboard.press("+");
    await page.keyboard.press("0");
  },
  async "environments are shown side by side"() {
    await openChart(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}`);
    assert.equal(await page.locator("#legend li").count(), 2);
    await picture("environments");
    await page.locator("#legend button").first().click();
    assert.equal(await page.locator("#legend button").first().getAttribute("aria-pressed"), "false");
  },
  async "two benchmarks are compared, of different units too"() {
    await open("#/?env=0123456789abcdef");
    await page.locator("#list input").nth(0).check();
    await page.locator("#list input").nth(1).check();
    await page.locator("#compare").click();
    await page.waitForSelector("#plot[data-ready]");
    assert.equal(await page.locator("#legend li").count(), 2);
    await openChart(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}&b=${encodeURIComponent("op 1/ours/4096")}&env=0123456789abcdef`);
    assert.match(await page.locator("main").textContent(), /units differ/);
    await picture("compare");
  },
  async "implementations are told as the reports of rivals tell them, and no other ratio is"() {
    await open("#/implementations");
    const told = page.locator(".rivals tbody tr");
    const texts = await told.allTextContents();
    assert.ok(texts.some((text) => /^op 0\/64.*(faster|slower) \(\d.*\d{4}-\d\d-\d\d .*(faster|slower)/.test(text)), String(texts));
    assert.ok(texts.some((text) => /^op 0\/256.*no ratio: theirs did not wait/.test(text)), String(texts));
    assert.match(await page.locator(".rivals p").textContent(), /no ratio over all/);
    const times = await page.locator(".times tbody").allTextContents();
    assert.ok(times.length > 0 && times.every((text) => !text.includes("×")), String(times));
    await picture("implementations");
    await accessible("implementations");
    await told.first().locator("a.name").click();
    await page.waitForSelector("#plot[data-ready]");
    assert.equal(await page.locator("#legend li").count(), 4, "two benchmarks on two machines");
    await open("#/implementations?env=0123456789abcdef");
    await page.locator(".times tbody a.name").first().click();
    await page.waitForSelector("#plot[data-ready]");
    assert.equal(await page.locator("#legend li").count(), 3);
    assert.doesNotMatch(await address(), /y=ratio/);
    await openChart(`${new URL(await address()).hash}&y=ratio`);
    assert.match(await page.locator("#no-claim").textContent(), /no claim/);
    await picture("ratio");
    await open("");
    await page.evaluate(() => { regress.data.rivals.length = 0; location.hash = "#/implementations"; });
    await page.waitForSelector("#why");
    assert.match(await page.locator("#why").textContent(), /made without one .* tells no ratio/);
    assert.equal(await page.locator(".rivals").count(), 0);
    assert.doesNotMatch(await page.locator("main").textContent(), /×|faster \(|slower \(/);
  },
  async "hostile names are text"() {
    await open("#/?sort=name&q=title");
    const names = await page.locator("#list a.name").allTextContents();
    assert.ok(names.some((name) => name.includes("<img src=x onerror=")), String(names));
    assert.equal(await page.locator("main img, main script, main b, main i").count(), 0);
    const links = await page.locator("#list a.name").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    assert.ok(links.every((link) => link.startsWith("#/chart?")), String(links));
    for (const link of links) {
      await openChart(link);
      assert.notEqual(await page.title(), "pwned");
    }
    await open("#/?sort=name&q=gnp");
    assert.ok((await page.locator("#list a.name").first().textContent()).includes("\\u{202e}gnp.exe/\\u{1b}[31m"));
    await open("#/?sort=name&q=__proto__");
    assert.equal(await page.locator("#list a.name").first().textContent(), "constructor/__proto__/toString");
    for (const hash of ["#/chart?b=%3Cimg%20src%3Dx%20onerror%3Ddocument.title%3D1%3E", "#/?group=%3Cb%3E&branch=x&env=y&outcome=constructor", "#/%", "#/chart"]) {
      await open(hash);
      assert.equal(await page.locator("main img, main b").count(), 0);
    }
  },
  async "another point is held by another click, and zoomed to by buttons"() {
    await openChart(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}&env=0123456789abcdef`);
    const box = await page.locator(".u-over").boundingBox();
    await page.mouse.click(box.x + box.width * 0.2, box.y + box.height * 0.5);
    const first = await page.locator("#tip a.commit").getAttribute("href");
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.5);
    assert.equal(await page.locator("#tip a.commit").getAttribute("href"), first, "it is held");
    await page.mouse.click(box.x + box.width * 0.9, box.y + box.height * 0.5);
    const before = await address();
    assert.notEqual(await page.locator("#tip a.commit").getAttribute("href"), first);
    await page.locator(".zoom button").nth(1).click();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 4 });
    await page.mouse.up();
    assert.equal(await address(), before, "a drag zooms, and holds nothing");
    await page.locator(".zoom button").nth(2).click();
  },
  async "points that are missing are named"() {
    const [from, to] = ["000.js", "000.gone"].map((name) => path.join(site, "data", name));
    fs.renameSync(from, to);
    try {
      await open(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}`);
      await page.waitForFunction(() => document.getElementById("point").textContent.includes("data/000.js could not be read"));
      problems.length = 0; // the browser tells of the missing file, too
    } finally {
      fs.renameSync(to, from);
    }
  },
  async "dark is remembered"() {
    await open("");
    await page.keyboard.press("d");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await openChart(`#/chart?b=${encodeURIComponent("op 0/mlx/64")}`);
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(13, 17, 23)");
    await picture("chart-dark");
    await accessible("chart, dark");
    await open("");
    await picture("overview-dark");
    await accessible("overview, dark");
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open]");
    await accessible("keys");
    await page.locator("#keys-close").click();
    await page.keyboard.press("d");
  },
  async "a phone shows it without scrolling sideways"() {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const [hash, name] of [["", "phone-overview"], [`#/chart?b=${encodeURIComponent("op 0/mlx/64")}`, "phone-chart"], ["#/implementations", "phone-implementations"]]) {
      await (name === "phone-chart" ? openChart : open)(hash);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= 360, `${name}: ${wide} pixels wide`);
      await picture(name);
      await accessible(name);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  },
  async "points of a site that was written anew are not drawn"() {
    await open("");
    const files = fs.readdirSync(path.join(site, "data")).filter((name) => /^\d+\.js$/.test(name)).map((name) => path.join(site, "data", name));
    const whole = files.map((file) => fs.readFileSync(file, "utf8"));
    files.forEach((file, i) => fs.writeFileSync(file, whole[i].replace(/"[0-9a-f]{8}"\);\s*$/, '"00000000");\n')));
    try {
      await page.locator("#list a.name").first().click();
      await page.getByText("written anew since the page was opened").waitFor();
    } finally {
      files.forEach((file, i) => fs.writeFileSync(file, whole[i]));
    }
  },
};

(async () => {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "dashboard-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  let failed = 0;
  try {
    page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(60_000);
    page.on("console", (message) => { if (["error", "warning"].includes(message.type())) { problems.push(message.text()); } });
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => { if (!/^(file|data|about):/.test(request.url())) { asked.push(request.url()); } });
    for (const [name, step] of Object.entries(steps)) {
      if (process.env.ONLY && !name.includes(process.env.ONLY)) { continue; }
      const started = Date.now();
      try {
        await step();
        assert.deepEqual(problems, [], "the console is empty");
        assert.deepEqual(asked, [], "nothing outside the folder was asked for");
        console.log(`ok   ${name} (${Date.now() - started} ms)`);
      } catch (error) {
        failed += 1;
        console.log(`FAIL ${name}: ${error.message}`);
        await picture("failed").catch(() => {});
      }
      problems.length = 0;
      asked.length = 0;
    }
  } finally {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
})();
