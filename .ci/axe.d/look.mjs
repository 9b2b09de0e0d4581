// Opens every page and mail of a folder in Chromium, on a phone and on a screen, and lets axe look at it.
//   node look.mjs FOLDER CHROMIUM
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

// The packages are where NODE_PATH says, which only `require` reads.
const require = createRequire(import.meta.url);
const { source } = require("axe-core");
const { launch } = require("puppeteer-core");

const [folder, executablePath] = process.argv.slice(2);
const WIDTHS = [320, 1200];
// WCAG 2.1 A and AA. What axe calls best practice counts for pages; a mail is a part of somebody else's page.
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

const browser = await launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const files = readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
let faults = 0;
const fault = (text) => {
  faults += 1;
  console.error(text);
};
for (const file of files) {
  for (const width of WIDTHS) {
    const page = await browser.newPage();
    // The pages allow no script, and axe is one.
    await page.setBypassCSP(true);
    await page.setViewport({ width, height: 900 });
    await page.goto(`file://${resolve(join(folder, file))}`);
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (isWider) fault(`${file} at ${width} px: has to be scrolled sideways`);
    await page.evaluate(source);
    const values = file.startsWith("mail-") ? WCAG : [...WCAG, "best-practice"];
    const found = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), values);
    for (const { id, help, nodes } of found.violations) {
      fault(`${file} at ${width} px: ${id}: ${help}: ${nodes[0].html.slice(0, 200)}`);
    }
    await page.close();
  }
}
await browser.close();
if (files.length === 0) fault(`there are no pages in ${folder}`);
console.log(`${files.length} pages and mails at ${WIDTHS.join(" and ")} px: ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
