// One Chromium for all tests, and what every page is held to: no error on its console, no script
// that fails, no request to another host, no dialog, no answer of 5xx, and nothing that axe has to
// say against it (WCAG 2.2 A and AA). Whoever opens a page through `visit` gets all of that.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const browser = await chromium.launch({
  executablePath: process.env.STANDIN_E2E_CHROMIUM ?? "/usr/bin/chromium",
  // Nothing resolves: a request that should not be made does not leave the machine either.
  args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])],
});

/** Ends it: nothing then keeps the process from ending. */
export const close = () => browser.close();

const contexts = new Map();

/** The browser profile of somebody at one server, signed in; kept, since signing in takes its time. */
async function contextOf({ server, who, js, theme, width, height, locale }) {
  const key = JSON.stringify([server?.url, who, js, theme, width, height, locale]);
  if (!contexts.has(key)) {
    const context = await browser.newContext({ javaScriptEnabled: js, colorScheme: theme, viewport: { width, height }, locale, timezoneId: "Europe/Warsaw" });
    context.setDefaultTimeout(10_000);
    if (who) {
      const [name, value] = await server.signIn(who);
      await context.addCookies([{ name, value, url: server.origin }]);
    }
    contexts.set(key, context);
  }
  return contexts.get(key);
}

/** What axe has against the page as it is now, a line each. */
export async function violations(page, options = {}) {
  await page.evaluate(axe);
  const found = await page.evaluate(
    ([tags, more]) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags }, iframes: false, resultTypes: ["violations"], ...more }),
    [TAGS, options],
  );
  return found.violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 4).map((n) => `      ${n.target.join(" ")}  ${n.html.slice(0, 160)}\n        ${n.any.concat(n.all, n.none).map((c) => c.message).join("; ").slice(0, 300)}`).join("\n")}`);
}

/**
 * Opens a page for `who` and does `body` with it; then fails for whatever went wrong on the way.
 * `expected` are patterns of console errors that belong to the test, such as that of a 404; each
 * has to come. `origin` is the host that may be asked, where no server is given.
 */
export async function visit({ server, who = null, js = true, theme = "light", width = 1280, height = 900, locale = "en-GB", origin = server?.origin, expected = [] }, body) {
  const context = await contextOf({ server, who, js, theme, width, height, locale });
  const page = await context.newPage();
  const troubles = [];
  const met = new Set();
  const trouble = (text) => {
    const pattern = expected.find((one) => one.test(text));
    if (pattern) met.add(pattern);
    else troubles.push(text);
  };
  const asked = (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== origin) trouble(`request to another host: ${request.url()}`);
  };
  const answered = (answer) => answer.status() >= 500 && trouble(`${answer.status()} from ${answer.url()}`);
  page.on("console", (message) => message.type() === "error" && trouble(`console error: ${message.text()} (${message.location().url})`));
  page.on("pageerror", (error) => trouble(`page error: ${error.message}`));
  page.on("dialog", (dialog) => {
    trouble(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  context.on("request", asked);
  context.on("response", answered);
  const look = async (options) => {
    // axe needs the page's scripts; without them the HTML is the same as with them.
    if (js) troubles.push(...(await violations(page, options)).map((text) => `axe on ${page.url()}: ${text}`));
  };
  try {
    const result = await body({ page, look, open: (path) => page.goto(server.url + path), server });
    if (!page.isClosed() && page.url().startsWith("http")) await look();
    const missing = expected.filter((one) => !met.has(one));
    assert.deepEqual(missing, [], "these errors were expected and did not come");
    assert.deepEqual(troubles, []);
    return result;
  } catch (error) {
    if (troubles.length && !(error.actual === troubles)) error.message += `\n  and on the way:\n    ${troubles.join("\n    ")}`;
    throw error;
  } finally {
    context.off("request", asked);
    context.off("response", answered);
    await page.close();
  }
}

/** A test of one visit. */
export const browse = (name, options, body) => test(name, () => visit(typeof options === "function" ? options() : options, body));

/** Presses a button or follows a link by keyboard alone: Tab until it has the focus, then Enter. */
export async function byKeyboard(page, locator, key = "Enter") {
  await locator.waitFor();
  // Looked for at each step: what is live may be put in anew meanwhile.
  for (let n = 0; n < 400; n++) {
    if (await locator.evaluate((element) => element === document.activeElement)) {
      const outline = await locator.evaluate((element) => getComputedStyle(element).outlineStyle);
      assert.notEqual(outline, "none", "the focus is not visible");
      if (key) await page.keyboard.press(key);
      return;
    }
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never reaches ${locator}`);
}
