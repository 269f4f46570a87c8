// Opens pages in headless Chromium at two widths, light and dark; prints what is wrong with them as JSON.
// Usage: node check.mjs [--pictures FOLDER] FILE...
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const given = process.argv.slice(2);
const pictures = given[0] === "--pictures" ? given.splice(0, 2)[1] : null;

// What reaches beyond the window, except inside an element that scrolls by itself.
const overflow = () => [
  ...(document.documentElement.scrollWidth > innerWidth ? [`the page is ${document.documentElement.scrollWidth} wide`] : []),
  ...[...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll, pre"))
    .map((one) => one.outerHTML.slice(0, 120)),
];

// The theme changes colours alone, and a narrow window shows nothing that a wide one hides: no rule is asked twice.
const colours = { type: "rule", values: ["color-contrast", "link-in-text-block"] };
const rules = { "1440 light": {}, "1440 dark": { runOnly: colours }, "360 light": {} };

const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: process.env.CHROMIUM || (await chromium.executablePath()),
  headless: "shell",
});
const found = {};
for (const file of given) {
  for (const width of [1440, 360]) {
    for (const theme of ["light", "dark"]) {
      const wrong = [];
      const page = await browser.newPage();
      page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
      page.on("pageerror", (error) => wrong.push(`error: ${error}`));
      page.on("request", (request) => /^(file|data):/.test(request.url()) || wrong.push(`network: ${request.url()}`));
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      await page.goto(`file://${path.resolve(file)}`, { waitUntil: "load" });
      await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
      wrong.push(...(await page.evaluate(overflow)).map((text) => `overflow: ${text}`));
      const asked = rules[`${width} ${theme}`];
      if (asked) {
        await page.addScriptTag({ content: axe });
        const { violations } = await page.evaluate((options) => axe.run(options), { ...asked, resultTypes: ["violations"] });
        wrong.push(...violations.map((one) => `axe: ${one.id}: ${one.nodes[0].html.slice(0, 200)}`));
      }
      if (pictures) {
        await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = false)));
        await page.screenshot({ path: path.join(pictures, `${path.parse(file).name}-${width}-${theme}.png`), fullPage: true });
      }
      if (wrong.length) found[`${path.basename(file)} ${width} ${theme}`] = wrong;
      await page.close();
    }
  }
}
await browser.close();
console.log(JSON.stringify(found, null, 1));
