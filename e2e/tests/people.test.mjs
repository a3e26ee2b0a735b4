// Who gives access (W22, W23, W27): users, teams, opening without a right, imports. With and without JavaScript.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { visit } from "../support/browser.mjs";
import { recordNamed } from "../support/routes.mjs";
import { below, main, onPostgres } from "../support/standins.mjs";

const NARROW = { width: 320, height: 640 };
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
const csv = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** Opens the columns of a file, lets the dry run be done, and waits for its figures. */
async function tried(page, open, what, file) {
  await open("/admin/import");
  await page.locator("#what").selectOption(what);
  await page.locator("#file").setInputFiles(file);
  await page.locator("main form button.button").click();
  await page.locator("[data-import=mapping]").waitFor();
  await page.locator(".acts button.button[value=read]").click();
  await page.locator("[data-import=tried]").waitFor({ timeout: 60_000 });
}

const figures = (page) =>
  page.evaluate(() => ["created", "changed", "unchanged", "refused"].map((name) => Number(document.querySelector(`[data-${name}]`).textContent)));

for (const [title, server, js] of [["on SQLite", main, true], ["on PostgreSQL, without JavaScript", onPostgres, false], ["below /standin/", below, true]]) {
  describe(`who gives access, ${title}`, () => {
    const as = (who, body, more = {}) => visit({ server, who, js, ...more }, body);
    // One user for each server and run.
    const login = `gosc${js ? "a" : "b"}${server === below ? "c" : ""}`;

    test("W23: somebody is invited, chooses a password with the link, and signs in", async () => {
      const link = await as("adam", async ({ page, open }) => {
        await open("/admin/users");
        await page.locator(".actions a.button").click();
        await page.locator("#login").fill(login);
        await page.locator("#name").fill(`Łucja ${login}`);
        await page.locator("#emails").fill(`${login}@nowi.test`);
        await page.locator("main form button.button").click();
        const shown = page.locator("[data-link]");
        await shown.waitFor();
        const link = new URL(await shown.getAttribute("href"), page.url()).href;
        // It is passed on as it stands there.
        assert.equal(await shown.textContent(), link);
        return link;
      });
      const path = link.slice(server.url.length);
      await as(null, async ({ page, open }) => {
        await open(path);
        assert.ok((await page.locator("main").textContent()).includes(`Łucja ${login}`));
        await page.locator("#password").fill("długie hasło 1");
        await page.locator("#again").fill("długie hasło 1");
        await page.locator("main form button").click();
        await page.locator("main a.button").click();
        await page.locator("#login").fill(login);
        await page.locator("#password").fill("długie hasło 1");
        await page.locator("main form button").click();
        await page.locator("header .name", { hasText: `Łucja ${login}` }).waitFor();
        await page.locator('header form[action$="/logout"] button').click();
      });
      await as(null, async ({ page, open }) => {
        await open(path, 404);
        assert.equal(await page.locator("#password").count(), 0, "it works once");
      }, { expected: [/status of 404/] });
    });

    test("W23: an address of somebody else is refused, and what was typed stays", () =>
      as("adam", async ({ page, open }) => {
        await open("/admin/users/new");
        await page.locator("#login").fill("dwa");
        await page.locator("#name").fill("Dwa Adresy");
        await page.locator("#emails").fill(`${login}@nowi.test`);
        await page.locator("main form button.button").click();
        await page.locator("#problem").waitFor();
        assert.equal(await page.locator("#name").inputValue(), "Dwa Adresy");
      }, { expected: [/status of 422/] }));

    test("W23: what leaving would do is shown with numbers, and done by the button that bears them", () =>
      as("adam", async ({ page, open }) => {
        await open(`/admin/users?q=${login}`);
        await page.locator("[data-users] th > a").click();
        await page.locator("#leave ~ p a.small, section[aria-labelledby=leave] a.small").first().click();
        await page.locator("#to").selectOption({ label: "Ola Kwiat" });
        await page.locator("button[name=look]").click();
        const button = page.locator("section[aria-labelledby=would] button");
        assert.match(await button.textContent(), /0 records/);
        await button.click();
        await page.locator("h1 .tag").waitFor();
      }));

    test("W22: a team is made, gets a member, and is renamed", () =>
      as("adam", async ({ page, open }) => {
        await open("/admin/access");
        await page.locator("#team-name").fill(`Zespół ${login}`);
        await page.locator('form[action$="/admin/teams"] button').click();
        await page.locator("#user").selectOption({ label: "Ola Kwiat" });
        await page.locator("button[value=add]").click();
        await page.locator("[data-members] a", { hasText: "Ola Kwiat" }).waitFor();
        await page.locator("#name").fill(`Nowy ${login}`);
        await page.locator("button[value=rename]").click();
        await page.locator("h1", { hasText: `Nowy ${login}` }).waitFor();
      }));

    test("W27: a file is tried, its refused rows are named, and the sound ones are imported", () =>
      as("adam", async ({ page, open }) => {
        const file = csv("leady.csv", `Id;Nazwa;Opiekun;Telefon\n${login}1;Łąka;anna;+48 22 1\n${login}2;;anna;\n${login}3;Mewa;ana;\n`);
        await tried(page, open, "lead", file);
        assert.deepEqual(await figures(page), [1, 0, 0, 2]);
        await page.locator("button[value=run]").click();
        await page.locator("[data-import=done]").waitFor({ timeout: 60_000 });
        assert.deepEqual(await figures(page), [1, 0, 0, 2]);
        assert.equal(await page.locator("a[download]").count(), 1);
        await tried(page, open, "lead", file);
        assert.deepEqual(await figures(page), [0, 0, 1, 2]);
        assert.equal(await page.locator("button[value=run]").count(), 0, "there is nothing to import");
      }));
  });
}

test("W22: a record is opened without a right, its owner is told on Today, and ends it", async () => {
  const record = await recordNamed(main, "anna", "opportunity", "Filtry do żółci");
  await visit({ server: main, who: "anna" }, async ({ page, open }) => {
    await open(`/records/${record}/access`);
    await page.locator('form[action$="/confidential"] button').click();
  });
  await visit({ server: main, who: "maria" }, async ({ page, open }) => {
    await open("/glass");
    await page.locator("#record").fill(String(record));
    await page.locator("#reason").fill("Klient czeka przy telefonie");
    await page.locator("#hours").fill("1");
    await page.locator("button[value=open]").click();
    await page.locator("h1", { hasText: "Filtry do żółci" }).waitFor();
  });
  await visit({ server: main, who: "anna" }, async ({ page, open }) => {
    await open("/");
    const told = page.locator(".banner", { hasText: "Klient czeka przy telefonie" });
    assert.match(await told.textContent(), /Maria Lis/);
    assert.equal(await told.locator("time").count(), 2);
    await told.locator("a").click();
    const back = page.locator('form[action$="/share"]:has(input[name=revoke]) button', { hasText: "Maria Lis" });
    await back.click();
    await back.waitFor({ state: "detached" });
    // As before, for the tests that follow.
    await open(`/records/${record}/access`);
    await page.locator('form[action$="/confidential"] button').click();
  });
});

test("W22, W23, W27: the pages fit 320 px, in both themes", async () => {
  for (const theme of ["light", "dark"]) {
    for (const path of ["/admin/users", "/admin/users/new", "/admin/teams/1", "/admin/import"]) {
      await visit({ server: main, who: "adam", theme, ...NARROW }, async ({ page, open }) => {
        await open(path);
        assert.ok(await fits(page), `${path} is wider than 320 px`);
      });
    }
  }
});
