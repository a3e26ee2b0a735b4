// What who runs Standin does in a browser: the first mailbox, a password that changed, work that takes long.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { visit } from "../support/browser.mjs";
import { Standin, dovecot, until } from "../support/servers.mjs";
import { main } from "../support/standins.mjs";
import { OWN, password } from "../support/world.mjs";

const empty = Standin.start({ mailboxes: [] });
const TIME = { timeout: 60_000 };

/** Types Anna's mailbox with a password. */
async function type(page, password) {
  await page.locator("#imap_host").fill("127.0.0.1");
  await page.locator("#imap_security").selectOption("plain");
  await page.locator("#imap_port").fill(String(dovecot.imap_port));
  await page.locator("#imap_user").fill(`anna@${OWN}`);
  await page.locator("#imap_password").fill(password);
}

/** Waits until a page, looked at again and again, shows something. */
const shows = (page, what, locator) =>
  until(what, async () => {
    if (await locator.count()) return true;
    await page.waitForTimeout(500);
    await page.reload();
    return false;
  }, 90);

test("J8: the first mailbox is connected on the page, tried before, and the first mail stands on its record", async () => {
  const server = await empty;
  await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open("/admin");
    await page.locator("li.look", { hasText: "No mailbox is connected" }).locator("a").click();
    await page.locator("#name").fill("anna");
    await page.locator("#address").fill(`anna@${OWN}`);
    await page.locator("#user").selectOption({ label: "Anna Nowak" });
    await type(page, "not the password");
    await page.locator("button[value=test]").click();
    await page.locator("[data-report=bad]").waitFor(TIME);
    const broken = page.locator("[data-report] li.broken");
    assert.match(await broken.textContent(), /Sign-in.*refuses login and password/s);
    assert.equal(await page.locator("#imap_host").inputValue(), "127.0.0.1");
    assert.equal(await page.locator("#imap_password").inputValue(), "", "a password is never shown");
    await page.locator("#imap_password").fill(dovecot.password);
    await page.locator("button[value=test]").click();
    await page.locator("[data-report=good]").waitFor(TIME);
    await page.locator("button[value=save]").click();
    await page.waitForURL(/mailboxes\/\d+\?done=saved/);
    await page.locator("[data-state].good", { hasText: "is up to date" }).waitFor(TIME);
  });
  await visit({ server, who: "anna" }, async ({ page, open }) => {
    await open("/me/mailboxes");
    assert.match(await page.locator("main").textContent(), /What is read.*What is kept.*Who sees it/s);
    await page.locator("button[value=agree]").click();
    await page.locator("main", { hasText: "You agreed on" }).waitFor();
    await until("no mail is linked", () => server.timeline("OP-1042", "anna").entries.length > 0, 90);
    await open(`/records/${server.timeline("OP-1042", "anna").record.id}`);
    assert.ok(await page.locator("article").count());
  });
});

test("J8: from the first start to the first linked mail, all of it on pages", async () => {
  const server = await Standin.start({ mailboxes: [], bare: true });
  const begun = Date.now();
  await visit({ server }, async ({ page, open }) => {
    await open("/login");
    await page.locator('a[href$="/setup"]').click();
    await until("no token is told", () => /enter the token \w+/.test(server.log()));
    await page.locator("#token").fill(server.log().match(/enter the token (\w+)/)[1]);
    await page.locator("#name").fill("Adam Wrona");
    await page.locator("#login").fill("adam");
    await page.locator("#password").fill(password("adam"));
    await page.locator("#again").fill(password("adam"));
    await page.locator("main form button").click();
    await page.waitForURL((url) => !url.pathname.endsWith("/setup"));
  });
  await visit({ server, who: "adam" }, async ({ page, open }) => {
    const tables = [
      ["users", `login,name,role,emails\nanna,Anna Nowak,account-manager,anna@${OWN}\n`],
      ["account", "external_id,name,owner,domains\nacme,Acme,anna,acme.test\n"],
      ["contact", "external_id,name,owner,account,emails\njan,Jan Kowalski,anna,acme,jan.kowalski@acme.test\n"],
      ["opportunity", "external_id,name,owner,account,number\npumps,Acme pumps,anna,acme,OP-1042\n"],
    ];
    for (const [what, text] of tables) {
      await open("/admin/import");
      await page.locator("#what").selectOption(what);
      await page.locator("#file").setInputFiles({ name: `${what}.csv`, mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.locator("main form button.button").click();
      await page.locator("[data-import=mapping]").waitFor(TIME);
      await page.locator(".acts button.button[value=read]").click();
      await page.locator("[data-import=tried]").waitFor(TIME);
      assert.equal((await page.locator("[data-created]").textContent()).trim(), "1", what);
      await page.locator("button[value=run]").click();
      await page.locator("[data-import=done]").waitFor(TIME);
    }
    await open("/admin");
    await page.locator("li.look", { hasText: "No mailbox is connected" }).locator("a").click();
    await page.locator("#name").fill("anna");
    await page.locator("#address").fill(`anna@${OWN}`);
    await page.locator("#user").selectOption({ label: "Anna Nowak" });
    await type(page, dovecot.password);
    await page.locator("button[value=save]").click();
    await page.waitForURL(/mailboxes\/\d+\?done=saved/);
  });
  const link = await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open("/admin/users?q=anna");
    await page.locator("[data-users] th > a").first().click();
    await page.locator("button[value=link]").click();
    return page.locator("[data-link]").getAttribute("href");
  });
  // A browser of her own: in the other one Adam is signed in since he made himself.
  await visit({ server, locale: "en-US" }, async ({ page, open }) => {
    await open(new URL(link, server.url).pathname);
    await page.locator("#password").fill(password("anna"));
    await page.locator("#again").fill(password("anna"));
    await page.locator("main form button").click();
    await page.locator("main a.button").waitFor();
  });
  await visit({ server, who: "anna" }, async ({ page, open }) => {
    await open("/me/mailboxes");
    await page.locator("button[value=agree]").click();
    await page.locator("main", { hasText: "You agreed on" }).waitFor();
    await open("/records?kind=opportunity");
    await page.locator("tbody th > a", { hasText: "Acme pumps" }).click();
    await shows(page, "no mail is linked", page.locator(".timeline article"));
  });
  assert.ok(Date.now() - begun < 600_000, "it took longer than ten minutes");
  await server.stop();
});

test("J6: on the page a changed password is noticed and fixed, and pausing is said to whom it concerns", async () => {
  const server = await empty;
  const file = join(server.dir, "changed");
  writeFileSync(file, "an old password\n");
  server.run("mailbox", "add", "anna", "--address", `anna@${OWN}`, "--user", "anna", "--imap-host", "127.0.0.1", "--imap-port", String(dovecot.imap_port),
    "--imap-security", "plain", "--imap-user", `anna@${OWN}`, "--password-file", file);
  await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open("/admin");
    const refused = page.locator("li.broken", { hasText: "refused the sign-in" });
    await refused.waitFor(TIME);
    await refused.locator("a").click();
    await page.getByRole("link", { name: "Change the settings" }).click();
    await page.locator("#imap_password").fill(dovecot.password);
    await page.locator("button[value=save]").click();
    await page.waitForURL(/done=saved/);
    await page.locator("[data-state].good").waitFor(TIME);
    await page.locator("button[value=pause]").click();
    await page.locator("[data-state]", { hasText: "is paused" }).waitFor();
  });
  await visit({ server, who: "anna" }, async ({ page, open }) => {
    await open("/");
    await page.locator("#behind", { hasText: "is paused" }).waitFor();
    await page.evaluate(() => (window.sameDocument = true));
    server.run("mailbox", "resume", "anna");
    // The frame of an open page is told, though nothing else on it changes (U15).
    await page.locator("#behind p").waitFor({ state: "detached", ...TIME });
    assert.ok(await page.evaluate(() => window.sameDocument));
  });
});

test("J6: the owner of a mailbox has it read at once, and sees what was said with its server without any secret", () =>
  visit({ server: main, who: "anna" }, async ({ page, open }) => {
    await open("/me/mailboxes");
    const box = page.locator("section[data-mailbox=anna]");
    await box.locator("button[value=sync]").click();
    await page.waitForURL(/done=sync/);
    await until("it is not read", async () => {
      await page.reload();
      return !(await page.locator("[data-syncing]").count());
    }, 60);
    const told = page.locator("section[data-mailbox=anna] details.protocol");
    await told.locator("summary").click();
    const lines = (await told.locator("li code").allTextContents()).join("\n");
    assert.match(lines, /(LOGIN|AUTHENTICATE)/, `no sign-in in\n${lines}`);
    assert.doesNotMatch(lines, new RegExp(`@|${dovecot.password}`));
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "OL", "what scrolls can be reached");
  }));

test("U17: long work is listed with how far it is, and its page leads back", () =>
  visit({ server: main, who: "adam" }, async ({ page, open }) => {
    await open("/admin/jobs");
    const row = page.locator("tbody tr", { hasText: "Rules over history" }).first();
    assert.match(await row.textContent(), /\d+ of \d+/);
    await row.locator("th a").click();
    await page.waitForURL(/rules\/runs/);
    await page.locator("nav.sub a", { hasText: "Jobs" }).click();
    await page.waitForURL(/admin\/jobs/);
    await page.locator("nav.tabs a", { hasText: "Hand-over" }).click();
    assert.match(page.url(), /kind=hand-over/);
    assert.equal(await page.locator("tbody tr", { hasText: "Rules over history" }).count(), 0);
  }));

test("U12: the navigation of an admin stands in one row at 1280 px", () =>
  visit({ server: main, who: "adam" }, async ({ page, open }) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await open("/admin");
    for (const nav of ["header.bar", "nav.sub"]) {
      const rows = await page.locator(nav).evaluate((one) => {
        const tops = [...one.querySelectorAll("nav a, :scope > a, form.seek, .me")].map((item) => item.getBoundingClientRect()).filter((box) => box.height);
        const middles = tops.map((box) => box.top + box.height / 2);
        return Math.max(...middles) - Math.min(...middles);
      });
      assert.ok(rows < 12, `${nav}: ${rows} px apart`);
    }
  }));

test("U12: at 320 px the month of absences opens on today", () =>
  visit({ server: main, who: "piotr" }, async ({ page, open }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await open("/absences");
    const seen = await page.locator("th[aria-current=date]").evaluate((day) => {
      const [box, grid] = [day.getBoundingClientRect(), day.closest("[data-scroll-x]").getBoundingClientRect()];
      const names = day.parentElement.firstElementChild.getBoundingClientRect();
      return box.left >= names.right - 1 && box.right <= grid.right + 1;
    });
    assert.ok(seen, "today is out of sight");
  }));
