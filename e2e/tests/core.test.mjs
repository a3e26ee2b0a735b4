// What people do every day, without JavaScript, on SQLite and PostgreSQL, at the root and under a
// path (U10): sign in, look through lists, read, correct a link, enter an absence, change settings.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { visit } from "../support/browser.mjs";
import { recordNamed } from "../support/routes.mjs";
import { below, main, onPostgres } from "../support/standins.mjs";
import { password } from "../support/world.mjs";

const on = (page) => page.locator(".related [data-record-id] > a", { hasText: "Filtry" });
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

for (const [title, server] of [["on SQLite", main], ["on PostgreSQL", onPostgres], ["below /standin/", below]]) {
  for (const js of [true, false]) {
    describe(`U10: core ${title}, ${js ? "with" : "without"} JavaScript`, () => {
      const as = (who, body, more = {}) => visit({ server, who, js, ...more }, body);
      const within = (page) => assert.ok(page.url().startsWith(`${server.url}/`), `${page.url()} is outside ${server.url}`);

      test("one signs in and is where one wanted to be, and out again", () =>
        as(null, async ({ page, open }) => {
          await open("/activities");
          assert.match(page.url(), /\/login\?next=/);
          await page.locator("#login").fill("piotr");
          await page.locator("#password").fill("wrong");
          const refused = page.waitForResponse((answer) => answer.request().method() === "POST");
          await page.locator("form button").click();
          assert.equal((await refused).status(), 401);
          assert.equal(await page.locator("#login").inputValue(), "piotr", "what was typed is kept");
          await page.locator("#password").fill(password("piotr"));
          await page.locator("form button").click();
          await page.waitForURL((url) => url.pathname.endsWith("/activities"));
          within(page);
          await page.locator("header form[action$=\"/logout\"] button").click();
          await page.waitForURL(/login$/);
          await open("/");
          assert.match(page.url(), /\/login$/);
        }, { expected: [/status of 401/] }));

      test("one goes from Today through lists to a record and a mail, by links alone", () =>
        as("piotr", async ({ page, open }) => {
          await open("/");
          within(page);
          await page.locator("nav a", { hasText: "Records" }).click();
          await page.locator(".tabs a", { hasText: "Accounts" }).click();
          await page.locator("tbody a", { hasText: /^Acme$/ }).click();
          await page.locator("h1", { hasText: "Acme" }).waitFor();
          await page.locator(".related a", { hasText: "Acme pumps" }).click();
          await page.locator(".timeline .subject a", { hasText: "Acme: quotation" }).first().click();
          await page.locator(".letter").first().waitFor();
          within(page);
        }));

      test("one takes a mail off its record, and takes that back", () =>
        as("anna", async ({ page, open }) => {
          const record = await recordNamed(server, "anna", "opportunity", "Filtry do żółci");
          await open(`/records/${record}`);
          await page.locator(".subject a", { hasText: "Zażółć" }).first().click();
          await page.locator("#correct summary").click();
          await page.locator("button[value^=remove-]").first().click();
          await page.locator(".banner.calm form button").waitFor();
          within(page);
          assert.equal(await on(page).count(), 0);
          await page.locator(".banner.calm form button").click();
          await on(page).waitFor();
        }));

      test("one enters an absence after a look at what it brings, and ends it", () =>
        as("kamil", async ({ page, open }) => {
          await open("/absences/new");
          await page.locator("#from").fill(day(30));
          await page.locator("#until").fill(day(44));
          await page.locator("#substitute").selectOption({ label: "Ola Kwiat (ola)" });
          await page.locator("button.button[value=preview]").click();
          await page.locator("button[value=save]").click();
          await page.waitForURL(/absences\/\d+\?done=saved/);
          within(page);
          await page.locator("form.enter button.button").first().click();
          await page.waitForURL(/done=ended/);
        }));

      test("one changes one's settings", () =>
        as("nowy", async ({ page, open }) => {
          await open("/me");
          await page.locator("#zone").fill("America/New_York");
          await page.locator("form.settings button.button").click();
          await page.waitForURL(/saved/);
          assert.equal(await page.locator("#zone").inputValue(), "America/New_York");
          await page.locator("#zone").fill("Europe/Warsaw");
          await page.locator("form.settings button.button").click();
          await page.waitForURL(/saved/);
        }));
    });
  }
}

test("below a path, what is asked without it is not there, and probes are", async () => {
  for (const [path, status] of [["/", 404], ["/records", 404], ["/standings/", 404], ["/livez", 200], ["/readyz", 200]]) {
    assert.equal((await fetch(below.origin + path, { redirect: "manual" })).status, status, path);
  }
  const bare = await fetch(below.url, { redirect: "manual" });
  assert.equal(bare.headers.get("location"), "/standin/");
});
