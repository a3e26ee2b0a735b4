// The two pictures of the README.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { visit } from "../support/browser.mjs";
import { ROOT } from "../support/servers.mjs";
import { main, pages } from "../support/standins.mjs";

const FOLDER = join(ROOT, "docs/pictures");
/** Octets that a picture may have. */
const MOST = 150_000;

async function picture(name, who, path) {
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, `${name}.jpg`);
  await visit({ server: main, who, height: 860 }, async ({ page, open }) => {
    await open(path);
    for (let quality = 88; ; quality -= 6) {
      await page.screenshot({ path: file, type: "jpeg", quality, animations: "disabled" });
      if (statSync(file).size < MOST) break;
      assert.ok(quality > 50, `${name} does not fit into ${MOST} octets`);
    }
  });
}

const skip = process.env.STANDIN_E2E_PICTURES !== "1" && "they are made on request: STANDIN_E2E_PICTURES=1";
test("picture: Today of a substitute", { skip }, () => picture("today", "piotr", "/#covering-0"));
test("picture: a dry run", { skip }, () => picture("dry-run", "beata", pages.find(({ name }) => name === "rule-trial").path));
