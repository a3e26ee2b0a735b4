// Every page, in both languages and themes, wide and narrow (U12), by keyboard (U11), and light (U10).

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { visit } from "../support/browser.mjs";
import { bar, overflow, small, squeezed, tabThrough, transferred } from "../support/measures.mjs";
import { NO_PAGES, routes } from "../support/routes.mjs";
import { ROOT } from "../support/servers.mjs";
import { main, pages } from "../support/standins.mjs";

const PICTURES = join(ROOT, "target/e2e/pages");
/** First load (U10). */
const LIGHT = 120 * 1024;
const people = [...new Set(pages.map((page) => page.who).filter(Boolean))];

/** Sets the language of everybody who opens pages, on the page where one sets it. */
const speak = (language) =>
  Promise.all(
    people.map((who) =>
      visit({ server: main, who }, async ({ page, open }) => {
        await open("/me");
        await page.locator("#language").selectOption(language);
        await page.locator("form.settings button.button").click();
        await page.waitForURL(/saved/);
      }),
    ),
  );

test("U12: every route of the program is looked at, or it is said why not", () => {
  const known = new Set([...pages.map((page) => page.route), ...Object.keys(NO_PAGES)]);
  assert.deepEqual(routes().filter((route) => !known.has(route)), [], "pages that no list in support/routes.mjs has");
  assert.deepEqual([...known].filter((route) => route !== "nowhere" && !routes().includes(route)), [], "routes that are no more");
});

for (const language of ["en", "pl"]) {
  describe(`U12: pages in ${language}`, { concurrency: 2 }, () => {
    before(() => speak(language));
    for (const { name, who, path, status } of pages) {
      test(name, () => {
        const locale = language === "pl" ? "pl-PL" : "en-GB";
        const expected = status === 200 ? [] : [new RegExp(`status of ${status}`)];
        return visit({ server: main, who, locale, expected }, async ({ page, open, look }) => {
          const answer = await open(path);
          assert.equal(answer.status(), status);
          assert.equal(await page.locator("html").getAttribute("lang"), language);
          for (const [theme, width, height] of [["light", 1280, 900], ["dark", 1280, 900], ["dark", 320, 640], ["light", 320, 640]]) {
            const wide = page.viewportSize().width;
            await page.setViewportSize({ width, height });
            await page.emulateMedia({ colorScheme: theme });
            // As it opens on a telephone, not as a wide one is squeezed.
            if (wide !== width) await page.reload();
            const folder = join(PICTURES, `${language}-${theme}-${width}`);
            mkdirSync(folder, { recursive: true });
            await page.screenshot({ path: join(folder, `${name}.jpg`), type: "jpeg", quality: 70, fullPage: true, animations: "disabled" });
            // The last combination is looked at when the visit ends.
            if (theme !== "light" || width !== 320) await look();
            assert.deepEqual(await small(page), [], `controls below 24 x 24 at ${width}`);
            assert.deepEqual(await overflow(page), [], `wider than ${width}`);
            if (width === 1280) assert.deepEqual(await bar(page), [], "above the page");
            assert.deepEqual(await squeezed(page), [], `broken words at ${width}`);
          }
        });
      });
    }
    after(() => speak("en"));
  });
}

describe("U11: Tab reaches every control, visibly, and gets out again", { concurrency: 2 }, () => {
  for (const { name, who, path, status } of pages) {
    test(name, () =>
      visit({ server: main, who, expected: status === 200 ? [] : [/status of/] }, async ({ page, open }) => {
        await open(path);
        const { stops, wrong } = await tabThrough(page);
        assert.deepEqual(wrong, []);
        // A page that says there is nothing has one way on.
        assert.ok(stops > (status === 200 ? 1 : 0), `only ${stops} stops`);
      }),
    );
  }
});

test("U10: no page needs more than 120 KB when it is opened for the first time", async () => {
  const heavy = [];
  for (const { name, who, path, status } of pages.filter((page) => page.status === 200)) {
    await visit({ server: main, who }, async ({ page }) => {
      const octets = await transferred(page, main.url + path);
      assert.ok(octets > 1_000, `${name}: nothing was loaded`);
      if (octets > LIGHT) heavy.push(`${name}: ${octets}`);
    });
  }
  assert.deepEqual(heavy, []);
});
