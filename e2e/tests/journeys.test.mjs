// What people came for, from end to end, each by mouse and by keyboard alone (U11).

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { byKeyboard, visit } from "../support/browser.mjs";
import { outage } from "../support/outage.mjs";
import { recordNamed, rule } from "../support/routes.mjs";
import { deliver, inbox, until } from "../support/servers.mjs";
import { below, main, onPostgres, second } from "../support/standins.mjs";
import { OWN } from "../support/world.mjs";

const HANDS = {
  mouse: {
    press: (page, locator) => locator.click(),
    write: (page, locator, text) => locator.fill(text),
    choose: (page, locator, label) => locator.selectOption({ label }),
    tick: (page, locator) => locator.check(),
    day: (page, locator, text) => locator.fill(text),
  },
  keyboard: {
    press: (page, locator) => byKeyboard(page, locator),
    write: async (page, locator, text) => {
      await byKeyboard(page, locator, null);
      await page.keyboard.press("Control+a");
      await page.keyboard.insertText(text);
    },
    choose: async (page, locator, label) => {
      await byKeyboard(page, locator, null);
      const options = await locator.locator("option").allTextContents();
      await page.keyboard.press("Home");
      for (let n = options.indexOf(label); n > 0; n--) await page.keyboard.press("ArrowDown");
      assert.equal(await locator.evaluate((one) => one.selectedOptions[0].textContent), label);
    },
    tick: (page, locator) => byKeyboard(page, locator, "Space"),
    // As this Chromium writes days: month, day, year.
    day: async (page, locator, text) => {
      const [year, month, day] = text.split("-");
      await byKeyboard(page, locator, null);
      await page.keyboard.type(month + day + year);
      assert.equal(await locator.inputValue(), text);
      // Its three parts and its calendar are stops of their own.
      await page.keyboard.press("Tab");
    },
  },
};
const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const jan = { name: "Jan Kowalski", address: "jan.kowalski@acme.test" };
let written = 0;
let answers = 0;

for (const [by, hand] of Object.entries(HANDS)) {
  describe(`journeys by ${by}`, () => {
    const as = (server, who, body, more = {}) =>
      visit({ server, who, ...more }, (things) => {
        const on = Object.fromEntries(Object.entries(hand).map(([name, act]) => [name, (...rest) => act(things.page, ...rest)]));
        return body({ ...things, ...on });
      });

    test("J1: a client calls while the owner is away, and the substitute notes the call", () =>
      as(main, "piotr", async ({ page, open, press, write, tick }) => {
        await open("/");
        await write(page.locator("#q"), "61 555-20-12");
        const hit = page.locator("#found a", { hasText: "Jan Kowalski" }).first();
        await press(hit);
        await page.locator("h1", { hasText: "Jan Kowalski" }).waitFor();
        assert.match(await page.locator(".head [data-answers-now]").textContent(), /Piotr Zieliński/);
        await press(page.locator(".actions a", { hasText: "call" }));
        await write(page.locator("#subject"), `Jan called, by ${by}`);
        await write(page.locator("#text"), "He wants the pumps a week earlier.");
        await tick(page.locator("input[name=done]"));
        await press(page.locator("main form.sheet button.button"));
        await page.locator(".activity .subject", { hasText: `Jan called, by ${by}` }).waitFor();
        assert.match(await page.locator(".activity", { hasText: `by ${by}` }).textContent(), /Anna Nowak/, "it says for whom");
      }));

    test("J2: a client's reply to somebody away comes to the substitute by itself", () =>
      as(main, "piotr", async ({ page, open, press }) => {
        await open("/");
        await page.evaluate(() => {
          window.sameDocument = true;
          document.querySelector("main a").focus();
        });
        const subject = `Re: Acme: quotation, ${by}`;
        await deliver({ from: jan, to: `anna@${OWN}`, subject, id: `<reply-${++written}@acme.test>`, text: "Hello Anna,\n\nis there any news for us?" });
        const card = page.locator(".card", { hasText: subject });
        await card.waitFor({ timeout: 30_000 });
        assert.ok(await page.evaluate(() => window.sameDocument), "the page was loaded anew");
        assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY", "the focus was lost");
        assert.match(await card.locator("[data-answers-now]").textContent(), /Piotr Zieliński/);
        await press(card.locator(".subject a"));
        await page.locator("h1", { hasText: subject }).waitFor();
        await press(page.locator(".related [data-record-id] > a").first());
        await page.locator(".timeline .subject", { hasText: subject }).waitFor();
        await until("the client has no notice", () => inbox(jan.address).length > answers);
        assert.equal(inbox(jan.address).length, 1 + answers, "one notice, and no second one");
      }));

    test("J2: the substitute answers from that mail, as themselves, saying for whom", () =>
      as(main, "piotr", async ({ page, open, press, write }) => {
        const subject = `Re: Acme: quotation, ${by}`;
        const before = inbox(jan.address).length;
        await open("/");
        const card = page.locator(".card", { hasText: subject });
        await press(card.locator("button[value=reply]"));
        await page.locator("form[data-draft]").waitFor();
        assert.equal((await page.locator(".crumb a").textContent()).trim(), "Today");
        assert.match(await page.locator("#body").inputValue(), /Piotr Zieliński, answering for Anna Nowak/);
        await write(page.locator("#body"), `By March, gladly (${by}).`);
        await press(page.locator("form[data-draft] button.button[value=send]").last());
        // Back where it was begun: what becomes of it stands there, and nobody waits any more.
        await page.locator("#sent", { hasText: "Sent." }).waitFor({ timeout: 30_000 });
        assert.equal(new URL(page.url()).pathname.replace(/.*\//, "/"), "/");
        await card.locator(".tag.waits").waitFor({ state: "detached", timeout: 30_000 });
        await press(page.locator("#sent a"));
        await page.locator("[data-sending] a.button").waitFor({ timeout: 30_000 });
        await until("the client has the answer", () => inbox(jan.address).length > before);
        answers += 1;
        await press(page.locator("[data-sending] a.button"));
        await page.locator(".letter", { hasText: `By March, gladly (${by}).` }).waitFor();
        assert.match(await page.locator(".letter").first().textContent(), /answering for Anna Nowak/);
      }));

    test("J3: two weeks of absence, with somebody else for one account, and what they will bring", () =>
      as(main, "anna", async ({ page, open, press, choose, day: dayIn, write }) => {
        await open("/");
        await press(page.locator(".bar nav a", { hasText: "Absences" }));
        await press(page.locator("main a.button"));
        await dayIn(page.locator("#from"), day(40));
        await dayIn(page.locator("#until"), day(53));
        await choose(page.locator("#substitute"), "Piotr Zieliński (piotr)");
        await choose(page.locator("#what-1"), await page.locator("#what-1 option[value='account:']").textContent());
        await write(page.locator("#which-1"), "Mewa");
        await choose(page.locator("#who-1"), "Ola Kwiat (ola)");
        await press(page.locator("button.button[value=preview]"));
        await page.locator("#preview, [role=alert]").first().waitFor();
        assert.deepEqual(await page.locator("[role=alert]").allTextContents(), []);
        const preview = await page.locator(".preview").textContent();
        assert.match(preview, /Piotr Zieliński/);
        assert.match(preview, /Ola Kwiat/);
        const save = page.locator("button[value=save]");
        assert.match(await save.textContent(), /\d/, "the button says how many records");
        await press(save);
        await page.locator(".facts", { hasText: "Ola Kwiat" }).waitFor();
        await press(page.locator("form.enter button.button").first());
        await page.waitForURL(/done=ended/);
      }));

    test("J4: back again: the substitute sees no more of it, and the report says what happened", async () => {
      if (!/"user": "anna"/.test(below.run("absence", "list", "--json"))) below.run("absence", "add", "--user", "anna", "--substitute", "piotr", "--from", day(-1), "--until", day(9));
      const record = below.timeline("OP-1042", "anna").record.id;
      await as(below, "piotr", async ({ open }) => assert.equal((await open(`/records/${record}`)).status(), 200));
      await as(below, "anna", async ({ page, open, press }) => {
        await open("/");
        await press(page.locator(".banner.calm button").first());
        await page.waitForURL(/absences\/\d+/);
        await open("/");
        await press(page.locator(".banner.calm a").first());
        await page.waitForURL(/\/report$/);
      });
      await as(below, "piotr", async ({ open }) => assert.equal((await open(`/records/${record}`)).status(), 404), { expected: [/status of 404/] });
    });

    test("J5: a mail stands wrong, is put right, and a rule is tried and applied so that it does not happen again", async () => {
      // Each hand needs a world in which it has not happened yet.
      const server = by === "mouse" ? main : onPostgres;
      const subjects = (number) => server.timeline(number, "anna").entries.map((entry) => entry.subject).filter((subject) => /^Warzelnia/.test(subject)).sort();
      await as(server, "anna", async ({ page, open, press, write }) => {
        await open("/");
        await press(page.locator(".bar nav a", { hasText: "Review" }));
        await page.locator("#asked", { hasText: "Warzelnia" }).waitFor();
        const like = page.locator("input[name=like]");
        if (await like.count()) await (by === "mouse" ? like.uncheck() : byKeyboard(page, like, "Space"));
        const subject = await page.locator("#asked h2").textContent();
        await press(page.locator("button.choice", { hasText: "etap pierwszy" }));
        await page.locator(".banner.calm form button").first().waitFor();
        assert.deepEqual(subjects("OP-1051"), [subject]);
        // It was the wrong one.
        await open(`/messages/${server.timeline("OP-1051", "anna").entries.find((entry) => entry.subject === subject).mail}`);
        await press(page.locator("#correct > summary"));
        await write(page.locator("#correct #record"), "OP-1052");
        await press(page.locator("button[name=act][value=move]"));
        await page.locator(".related [data-record-id] > a", { hasText: "etap drugi" }).waitFor();
        assert.deepEqual([subjects("OP-1051"), subjects("OP-1052")], [[], [subject]]);
      });
      await as(server, "adam", async ({ page, open, press, write }) => {
        await open("/admin/rules");
        await press(page.locator(".actions a.button"));
        await press(page.locator("button[name=do][value=text]"));
        await write(page.locator("textarea[name=toml]"), rule("Warzelnia", "OP-1052"));
        await press(page.locator("button.button[name=do][value=try]"));
        await page.locator("button[name=do][value=history]").waitFor({ timeout: 60_000 });
        await press(page.locator("button[name=do][value=history]"));
        await page.locator('a[href*="/admin/rules/runs/"]').waitFor({ timeout: 60_000 });
      });
      await until(`not all stand there: ${subjects("OP-1052")}`, () => subjects("OP-1052").length === 3);
    });

    test("J6: a mailbox's password has changed: it is noticed, and fixed", async () => {
      await outage;
      writeFileSync(below.secret("robert"), "an old password\n");
      await below.stop();
      await below.serve();
      const banner = ({ page }) => page.locator("#behind", { hasText: "robert" });
      await as(below, "robert", async (things) => {
        await things.open("/");
        await until("nobody is told", async () => {
          await things.page.reload();
          return /refused/.test(await banner(things).textContent().catch(() => ""));
        });
      });
      writeFileSync(below.secret("robert"), `${second.password}\n`);
      await below.stop();
      await below.serve();
      await as(below, "robert", async (things) => {
        await things.open("/");
        await until("the banner stays", async () => {
          await things.page.reload();
          return !(await banner(things).count());
        }, 60);
      });
    });

    test("J7: a manager clears what nobody looked after: tasks that are late, and the leads of somebody away", async () => {
      const task = `Late, by ${by}`;
      const lead = await recordNamed(onPostgres, "maria", "lead", "Fabryka Mebli");
      await as(onPostgres, "anna", async ({ page, open, press, write, day: dayIn }) => {
        await open(`/records/${lead}/activity?kind=task`);
        await write(page.locator("#subject"), task);
        await dayIn(page.locator("input[type=date]").first(), day(-3));
        await press(page.locator("main form.sheet button.button"));
        await page.locator(".activity .subject", { hasText: task }).waitFor();
      });
      // As if nobody had looked after it for three weeks.
      onPostgres.age(lead, 21);
      await as(onPostgres, "maria", async ({ page, open, press }) => {
        await open("/");
        await press(page.locator("main .banner a", { hasText: /neglected lead/ }));
        const row = page.locator("tbody tr", { hasText: "Fabryka Mebli" });
        assert.match(await page.locator("h1 .count").textContent(), /^1$/);
        assert.match(await page.locator("#means").textContent(), /more than 2 working days/);
        await press(row.locator("button", { hasText: "Ask for news" }));
        await page.locator("#asked", { hasText: /(Anna Nowak|Piotr Zieliński) has a task on Fabryka Mebli/ }).waitFor();
        assert.equal(await row.count(), 0, "it is neglected no more");
        assert.match(await page.locator("main").textContent(), /Nothing is neglected here/);
      });
      await as(onPostgres, "maria", async ({ page, open, press, choose, tick }) => {
        await open("/");
        await press(page.locator(".bar nav a", { hasText: "Activities" }));
        await choose(page.locator("select[name=responsible]"), "Anna Nowak");
        await choose(page.locator("select[name=status]"), await page.locator("select[name=status] option[value=open]").textContent());
        await press(page.locator("form.filter button.small").first());
        const row = page.locator("tbody tr", { hasText: task });
        await row.locator(".late").waitFor();
        await tick(row.locator("input[name=id]"));
        // To herself: who would not see the record is refused, and Piotr's cover may have ended.
        await choose(page.locator("select[name=to]"), "Maria Lis");
        await press(page.locator("p.filter button.small"));
        await row.waitFor({ state: "detached" });
        // Her open leads, with how many there are before anything is done.
        await open("/bulk");
        await choose(page.locator("#kind"), await page.locator("#kind option[value=lead]").textContent());
        await choose(page.locator("#owner"), "Anna Nowak");
        await choose(page.locator("#status"), await page.locator("#status option[value=open]").textContent());
        await choose(page.locator("#to"), "Piotr Zieliński");
        await press(page.locator("main form.sheet button.button"));
        await page.waitForURL(/bulk\/\d+/);
        const button = page.locator("main form.sheet button.button");
        assert.match(await button.textContent(), /\b1\b/);
        await press(button);
        await button.waitFor({ state: "detached" });
        await open(`/records/${lead}/owners`);
        assert.match(await page.locator("main").textContent(), /Piotr Zieliński/);
        // Back to whom it was, for the next hand.
        onPostgres.run("assign", String(lead), "--to", "anna");
      });
      await as(onPostgres, "maria", async ({ page, open }) => {
        await open("/");
        await page.locator("main", { hasText: task }).waitFor();
      });
    });
  });
}

test("U4: what a rule moved over history goes back", () =>
  visit({ server: onPostgres, who: "adam" }, async ({ page, open }) => {
    await open("/admin/rules");
    await page.locator('tbody a[href*="/runs/"]').first().click();
    const undo = page.locator("button[value=undo]");
    await until("the run does not end", async () => {
      if (await undo.count()) return true;
      await page.reload();
      return false;
    });
    await undo.click();
    await until("it does not go back", () => onPostgres.timeline("OP-1052", "anna").entries.filter((entry) => /^Warzelnia/.test(entry.subject)).length === 1);
  }));

test("J1: the contact is found in the list of those whom one covers", async () => {
  assert.ok(await recordNamed(main, "piotr", "contact", "Zofia Żółć"));
});
