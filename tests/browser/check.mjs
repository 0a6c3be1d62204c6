// What only a browser can tell of the pages: links, console, network, keyboard, contrast, print, narrow screens.
// usage: CHROMIUM=/usr/bin/chromium MODULES=/folder/with/node_modules node check.mjs FOLDER
//
// FOLDER holds folders of pages. Each law is a function that gives a list of complaints; the run fails with all of them.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const load = createRequire(join(process.env.MODULES, "package.json"));
const { chromium } = load("playwright-core");
const axe = readFileSync(load.resolve("axe-core/axe.min.js"), "utf8");
const root = process.argv[2];
const scratch = mkdtempSync(join(tmpdir(), "shipwake-browser-"));

/** Pages of one kind that are looked at closely; the others are of the same template. */
const CLOSELY_EACH = 2;
/** Figures and cards are whole on paper where they are not taller than this, in CSS px: A4 without its margins. */
const PAPER_HEIGHT = (297 - 32) * 96 / 25.4;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const complaints = [];
const counts = { pages: 0, links: 0, focused: 0, axe: 0, printed: 0, tables: 0 };

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".html"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

const all = files(root);
const kinds = new Map();
for (const file of all) {
  const kind = relative(root, file).replace(/(team|service|metric)\/[^/]+$/, "$1/");
  kinds.set(kind, [...(kinds.get(kind) ?? []), file]);
}
const closely = [...kinds.values()].flatMap((same) => same.slice(0, CLOSELY_EACH));

/** A page in a browser of its own that can reach no network. */
async function open(file, options, complain) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.route("**", (route) => {
    const url = route.request().url();
    if (url.startsWith("file:") || url.startsWith("data:")) return route.continue();
    complain(`asks the network for ${url}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complain(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(`script: ${error.message}`));
  page.on("dialog", (dialog) => {
    complain(`a dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(pathToFileURL(file).href);
  return page;
}

/** Every page's ids and where it leads. */
async function survey(page) {
  return page.evaluate(() => ({
    ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
    targets: [...document.querySelectorAll("a[href], link[href], script[src], form[action]")]
      .map((element) => element.href ?? element.src ?? element.action),
    labelled: [...document.querySelectorAll("[aria-labelledby], [aria-describedby]")].flatMap((element) =>
      `${element.getAttribute("aria-labelledby") ?? ""} ${element.getAttribute("aria-describedby") ?? ""}`.split(/\s+/).filter(Boolean)),
    controls: [...document.querySelectorAll("input, button")].filter((element) => !element.labels?.length && !element.textContent).length,
  }));
}

/** Tab goes through everything that can be used, in order, and shows where it is. */
async function keyboard(page, complain) {
  const wanted = await page.evaluate(() => {
    const usable = [...document.querySelectorAll("a[href], summary, input, button, select, [tabindex='0']")]
      .filter((element) => element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }));
    usable.forEach((element, index) => { element.dataset.place = index; });
    return usable.map((element) => element.outerHTML.slice(0, 90));
  });
  const met = new Set();
  let last = -1;
  for (let step = 0; step < wanted.length + 3; step += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      const isMarked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
      return { place: element.dataset?.place, isMarked, html: element.outerHTML.slice(0, 90) };
    });
    if (now.place === undefined) continue;
    const place = Number(now.place);
    if (met.has(place)) break;
    if (place < last) complain(`the order of the keyboard jumps back at ${now.html}`);
    if (!now.isMarked) complain(`focus cannot be seen on ${now.html}`);
    met.add(place);
    last = place;
  }
  counts.focused += met.size;
  wanted.forEach((html, place) => { if (!met.has(place)) complain(`the keyboard does not reach ${html}`); });
}

/** Nothing that axe calls serious or critical, with every summary open. */
async function accessibility(page, scheme, complain) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"], preload: false }));
  counts.axe += 1;
  for (const violation of found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))) {
    const [first] = violation.nodes;
    complain(`${scheme}: ${violation.impact} ${violation.id} at ${violation.nodes.length} places, first ${first.html.slice(0, 160)}: ${first.failureSummary?.split("\n").at(-1)?.trim()}`);
  }
}

/** Each of a leader's questions is answered within one screen of a desk: all that stands before figures and details. */
async function questions(page, complain) {
  await page.setViewportSize({ width: 1280, height: 800 });
  const answers = await page.evaluate(() => [...document.querySelectorAll(".questions a")].map((link) => {
    const section = document.querySelector(link.hash);
    const { top } = section.getBoundingClientRect();
    const blocks = [...section.children];
    const first = blocks.findIndex((block) => block.matches("figure, details"));
    const last = blocks.at((first === -1 ? blocks.length : first) - 1);
    return { question: link.textContent, height: last.getBoundingClientRect().bottom - top };
  }));
  for (const { question, height } of answers) {
    if (height > 800) complain(`the answer to "${question}" is ${Math.round(height)} px high, more than a screen`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** On a telephone nothing scrolls sideways but what scrolls in itself. */
async function narrow(page, complain) {
  await page.setViewportSize({ width: 360, height: 800 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  if (width > 360) {
    const widest = await page.evaluate(() => [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > 361 && !element.closest(".scroll, pre"))
      .map((element) => element.outerHTML.slice(0, 90))[0]);
    complain(`at 360 px the page is ${width} px wide: ${widest}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
}

/**
 * On A4 no figure, card or row is cut: marks at the top and the bottom of each come out on one page. No sheet ends with
 * the head of a table: where a head is, there is a row of it.
 */
async function print(page, name, complain) {
  const tables = await page.evaluate(() => {
    const all = [...document.querySelectorAll("table")].filter((table) => table.querySelector("tbody tr"));
    const put = (cell, word) => {
      const mark = document.createElement("span");
      mark.textContent = ` ${word} `;
      // A name that is written from right to left must not turn the mark around.
      mark.style.cssText = "font:2px/1 monospace;color:#888;direction:ltr;unicode-bidi:isolate-override";
      cell.append(mark);
    };
    all.forEach((table, number) => {
      put(table.querySelector("thead th"), `QH${number}.`);
      table.querySelectorAll("tbody tr").forEach((row) => put(row.cells[0], `QR${number}.`));
    });
    return all.length;
  });
  const expected = await page.evaluate((limit) => {
    const parts = [...document.querySelectorAll(".plate > .wide, .card, .multiples li, .note")];
    let number = 0;
    for (const part of parts) {
      const height = part.getBoundingClientRect().height;
      if (height === 0 || height > limit) continue;
      part.style.position = "relative";
      for (const [end, edge] of [["A", "top"], ["Z", "bottom"]]) {
        const mark = document.createElement("span");
        mark.textContent = ` QX${number}${end} `;
        mark.style.cssText = `position:absolute;left:0;${edge}:0;font:2px/1 monospace;color:#888`;
        part.append(mark);
      }
      number += 1;
    }
    return number;
  }, PAPER_HEIGHT);
  const path = join(scratch, `${name.replaceAll(/[^a-z0-9]+/gi, "-").slice(-80)}.pdf`);
  writeFileSync(path, await page.pdf({ preferCSSPageSize: true }));
  const text = execFileSync("pdftotext", ["-raw", path, "-"], { encoding: "utf8", maxBuffer: 1 << 28 });
  const size = execFileSync("pdfinfo", [path], { encoding: "utf8" }).match(/Page size:\s+([\d.]+) x ([\d.]+)/);
  if (Math.abs(size[1] - 595) > 2 || Math.abs(size[2] - 842) > 2) complain(`a printed page is ${size[1]} x ${size[2]} pt, not A4`);
  const place = new Map();
  text.split("\f").forEach((sheet, index) => {
    for (const [, mark] of sheet.matchAll(/QX(\d+[AZ])/g)) place.set(mark, index);
    const told = (kind) => new Set([...sheet.matchAll(new RegExp(`Q${kind}(\\d+)`, "g"))].map(([, number]) => number));
    const rows = told("R");
    told("H").forEach((number) => { if (!rows.has(number)) complain(`sheet ${index + 1} has the head of table ${number} alone`); });
  });
  for (let number = 0; number < expected; number += 1) {
    const [top, bottom] = [place.get(`${number}A`), place.get(`${number}Z`)];
    if (top === undefined || bottom === undefined) complain(`part ${number} is not printed`);
    else if (top !== bottom) complain(`part ${number} is cut between sheets ${top + 1} and ${bottom + 1}`);
  }
  counts.printed += expected;
  counts.tables += tables;
}

/** With scripts off the page says the same. */
async function withoutScripts(file, complain) {
  const page = await open(file, {}, () => {});
  const told = async (one) => (await one.locator("main").innerText()).replaceAll(/\s+/g, " ");
  // The fields that narrow a list are the scripts' own.
  await page.evaluate(() => document.querySelectorAll(".filter").forEach((field) => field.remove()));
  const withThem = await told(page);
  await page.context().close();
  const plain = await open(file, { javaScriptEnabled: false }, complain);
  if (await told(plain) !== withThem) complain("without scripts the page says something else");
  await plain.context().close();
}

/** The list of services narrows to what is typed, and the search of any page leads to it. */
async function search(folder, complain) {
  const page = await open(join(folder, "index.html"), {}, complain);
  const name = (await page.evaluate(() => location.href)) && "checkout";
  await page.fill("#search", name);
  await page.press("#search", "Enter");
  await page.waitForURL(/services\.html\?q=/);
  // A service is found by its own name and by that of its team.
  const shown = () => page.locator("table[data-filtered] tbody tr:not(.letter):visible").allInnerTexts();
  const found = await shown();
  if (found.length === 0 || !found.every((text) => text.toLowerCase().includes(name))) complain(`searching for ${name} shows ${JSON.stringify(found)}`);
  await page.fill("#filter", "no such service anywhere");
  if ((await shown()).length !== 0) complain("a search for nothing shows something");
  await page.fill("#filter", "");
  const whole = await shown();
  if (whole.length <= found.length) complain("an empty search does not show the whole list");
  const names = await page.locator("table[data-filtered] tbody tr:not(.letter):visible th").allInnerTexts();
  await page.fill("#filter", names.at(-1));
  if ((await shown()).length === 1) {
    await page.press("#filter", "Enter");
    await page.waitForURL(/service\/[^/]+\.html$/);
  }
  await page.context().close();
}

const surveys = new Map();
const leads = [];
for (const file of all) {
  const name = relative(root, file);
  const complain = (text) => complaints.push(`${name}: ${text}`);
  const page = await open(file, {}, complain);
  counts.pages += 1;
  const found = await survey(page);
  surveys.set(file, new Set(found.ids));
  if (found.ids.length !== new Set(found.ids).size) complain("an id is there twice");
  if (found.controls > 0) complain(`${found.controls} controls without a name`);
  found.labelled.filter((id) => !found.ids.includes(id)).forEach((id) => complain(`aria names #${id}, which is not there`));
  leads.push(...found.targets.map((target) => ({ file, target })));
  await page.context().close();
}
for (const { file, target } of leads) {
  counts.links += 1;
  const url = new URL(target);
  const name = relative(root, file);
  if (url.protocol !== "file:") {
    complaints.push(`${name}: leads out to ${target}`);
    continue;
  }
  const path = fileURLToPath(new URL(url.pathname, "file://"));
  const anchor = decodeURIComponent(url.hash.slice(1));
  if (!existsSync(path)) complaints.push(`${name}: ${target} leads nowhere`);
  else if (anchor && !surveys.get(path)?.has(anchor)) complaints.push(`${name}: #${anchor} is not in ${relative(root, path)}`);
}
for (const file of closely) {
  const name = relative(root, file);
  const complain = (text) => complaints.push(`${name}: ${text}`);
  const page = await open(file, {}, complain);
  await questions(page, complain);
  await keyboard(page, complain);
  await narrow(page, complain);
  for (const scheme of ["light", "dark"]) await accessibility(page, scheme, complain);
  await print(page, name, complain);
  await page.context().close();
  await withoutScripts(file, complain);
}
for (const site of readdirSync(root).filter((folder) => existsSync(join(root, folder, "services.html")))) {
  await search(join(root, site), (text) => complaints.push(`${site}: ${text}`));
}
await browser.close();
rmSync(scratch, { recursive: true });
console.log(`${counts.pages} pages, ${counts.links} links, ${closely.length} looked at closely: ${counts.focused} stops of the keyboard, ${counts.axe} runs of axe, ${counts.printed} figures and cards and ${counts.tables} tables on paper`);
if (complaints.length > 0) {
  console.error(`${complaints.length} complaints:\n${complaints.join("\n")}`);
  process.exit(1);
}
