// What happens on pages that stay open. Most of it is waiting, so these wait together.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { browse } from "../support/browser.mjs";
import { outage } from "../support/outage.mjs";
import { recordNamed } from "../support/routes.mjs";
import { main, onPostgres } from "../support/standins.mjs";

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

describe("open pages", { concurrency: 3 }, () => {
  browse("U1: an open page says within 60 s that somebody else answers, and that they are back", { server: main, who: "kamil" }, async ({ page, open }) => {
    await open(`/records/${await recordNamed(main, "kamil", "opportunity", "Pompy zęzowe")}`);
    const answers = page.locator(".head [data-answers-now]");
    assert.match(await answers.textContent(), /Kamil Wójcik/);
    await page.evaluate(() => (window.sameDocument = true));
    main.run("absence", "add", "--user", "kamil", "--substitute", "zofia", "--from", day(0), "--until", day(3));
    await page.locator(".head [data-answers-now]", { hasText: "Zofia Bąk" }).waitFor({ timeout: 60_000 });
    main.run("absence", "end", "--user", "kamil");
    await page.locator(".head [data-answers-now]", { hasText: "Kamil Wójcik" }).waitFor({ timeout: 60_000 });
    assert.ok(await page.evaluate(() => window.sameDocument), "the page was loaded anew");
  });
  browse("U19: the end of a cover takes the record from an open page within 60 s", { server: onPostgres, who: "piotr", expected: [/status of 404/] }, async ({ page, open }) => {
    await open(`/records/${onPostgres.timeline("OP-1042", "piotr").record.id}`);
    await page.locator("h1", { hasText: "Acme pumps" }).waitFor();
    onPostgres.run("absence", "end", "--user", "anna");
    await page.locator("h1", { hasText: "Acme pumps" }).waitFor({ state: "detached", timeout: 60_000 });
    assert.doesNotMatch(await page.locator("body").textContent(), /Acme/);
    assert.doesNotMatch(await page.title(), /Acme/);
  });
  test("U15: a mail server that is down is named on the pages of whom it concerns, and that it is back", async () => {
    const { shown, before, during } = await outage;
    assert.doesNotMatch(before, /anna/);
    // Two looks at the mailbox, and the minute that a look may take.
    assert.ok(shown < 120, `it took ${shown} s`);
    assert.match(during, /anna/);
    assert.doesNotMatch(during, /1970/);
  });
});
