// Takes a picture of a part of a page in headless Chromium, 1,100 pixels wide.
// Usage: node picture.mjs PAGE PICTURE light|dark SELECTOR HEIGHT: from the top of the element, so many pixels.
import path from "node:path";
import chromium from "@sparticuz/chromium";
import puppeteer from "puppeteer-core";

const [file, picture, theme, selector, height] = process.argv.slice(2);
const browser = await puppeteer.launch({
  args: chromium.args,
  executablePath: process.env.CHROMIUM || (await chromium.executablePath()),
  headless: "shell",
});
const page = await browser.newPage();
await page.setViewport({ width: 1100, height: 900 });
await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
await page.goto(`file://${path.resolve(file)}`, { waitUntil: "load" });
const top = await page.$eval(selector, (one) => one.getBoundingClientRect().top + scrollY);
await page.screenshot({ path: picture, clip: { x: 0, y: Math.max(0, top), width: 1100, height: Number(height) } });
await browser.close();
