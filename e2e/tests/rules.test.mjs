// The twenty rules to which every page is held, each by tests named by its number. What a rule asks
// beyond what is tested, and why, stands in rules.tsv; the first test holds the two together.

import assert from "node:assert/strict";
import { readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { browse, visit } from "../support/browser.mjs";
import { recordNamed, routes, tryRule, rule } from "../support/routes.mjs";
import { fetched, post } from "../support/fetched.mjs";
import { FULL, ROOT, deliver, dovecot, inbox, until, world } from "../support/servers.mjs";
import { main } from "../support/standins.mjs";
import { OWN } from "../support/world.mjs";

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const texts = (locator) => locator.evaluateAll((all) => all.map((one) => one.textContent.replace(/\s+/g, " ").trim()));
test("rules.tsv says of each rule and journey by which tests it is held and what is missing", () => {
  const rows = readFileSync(join(ROOT, "e2e/rules.tsv"), "utf8").trim().split("\n").slice(1).map((line) => line.split("\t"));
  const wanted = [...Array.from({ length: 20 }, (_, n) => `U${n + 1}`), ...Array.from({ length: 8 }, (_, n) => `J${n + 1}`)];
  assert.deepEqual(rows.map(([name]) => name), wanted);
  const sources = readdirSync(join(ROOT, "e2e/tests")).map((name) => readFileSync(join(ROOT, "e2e/tests", name), "utf8")).join("\n");
  const ofPages = routes();
  for (const [name, state, missing, when] of rows) {
    assert.ok(["whole", "part", "none"].includes(state), `${name}: ${state}`);
    const tests = sources.match(new RegExp(`["\`]${name}: `, "g")) ?? [];
    if (state === "none") assert.equal(tests.length, 0, `${name} has tests, and its row says that it has none`);
    else assert.ok(tests.length > 0, `no test is named ${name}`);
    assert.equal(state === "whole", !missing, `${name} is ${state}; its row says what is missing: ${missing}`);
    // A route whose coming ends the excuse.
    for (const route of (when ?? "").split(" ").filter(Boolean)) {
      assert.ok(!ofPages.includes(route), `${route} is there now: write what ${name} still lacks (${missing})`);
    }
  }
  // A test that may fail says so in the table as well.
  const todo = [...sources.matchAll(/"(U\d+): [^"]*", \{ todo/g)].map(([, name]) => name);
  for (const name of todo) assert.equal(rows.find((row) => row[0] === name)[1], "part", `${name} has a test that may fail`);
});

describe("U1", () => {
  for (const [who, path] of [["piotr", "/"], ["anna", "/"], ["piotr", "/records?kind=account"], ["piotr", "/records?kind=contact"], ["kamil", "/records?kind=opportunity"], ["record", ""], ["message", ""], ["anna", "/review"]]) {
    test(`U1: who answers now stands beside every record: ${who} ${path}`, async () => {
      const acme = main.timeline("OP-1042", "piotr");
      const where = { record: `/records/${acme.record.id}`, message: `/messages/${acme.entries[0].mail}` }[who] ?? path;
      const viewer = ["record", "message"].includes(who) ? "piotr" : who;
      await visit({ server: main, who: viewer }, async ({ page, open }) => {
        await open(where);
        const shown = await page.locator("[data-record-id]").evaluateAll((all) =>
          all.map((one) => [one.dataset.recordId, one.querySelector("[data-answers-now]")?.textContent.trim() ?? null]));
        assert.ok(shown.length > 0, "there are no records on the page");
        assert.deepEqual(shown.filter(([, name]) => !name), [], "records that do not say who answers");
        const some = [...new Map(shown).entries()].filter((_, n, all) => n % Math.ceil(all.length / 6) === 0);
        for (const [id, name] of some) {
          const { answers } = main.timeline(id, viewer);
          assert.ok(name.startsWith(answers), `record ${id}: the page says ${name}, the command ${answers}`);
        }
      });
    });
  }

});

describe("U2", () => {
  for (const typed of ["22 123-45-67", "+48221234567", "zolc", "Żółć"]) {
    browse(`U2: a client is found from anywhere by ${typed}, and opened by keys alone`, { server: main, who: "piotr" }, async ({ page, open }) => {
      await open("/absences");
      await page.locator("main").press("/");
      assert.equal(await page.evaluate(() => document.activeElement.id), "q");
      await page.keyboard.insertText(typed);
      const first = page.locator("#found a").first();
      await first.waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.locator("h1", { hasText: /Żółć|żółci/ }).waitFor();
    });
  }
});

describe("U3", () => {
  browse("U3: every mail on a timeline explains itself by what stands in it", { server: main, who: "piotr" }, async ({ page, open }) => {
    await open(`/records/${await recordNamed(main, "piotr", "contact", "Jan Kowalski")}`);
    const mails = page.locator("[id^=m-]");
    assert.ok((await mails.count()) >= 2);
    for (const mail of await mails.all()) {
      const why = mail.locator("details.why summary");
      assert.equal((await why.textContent()).trim(), "Why here?");
      await why.click();
      assert.match(await mail.locator("details.why li").first().textContent(), /jan\.kowalski@acme\.test|mail-\d+@/, "the evidence is quoted");
    }
  });
  browse("U3: a mail says on its own page why it stands on each record", { server: main, who: "piotr" }, async ({ page, open }) => {
    await open(`/messages/${main.timeline("OP-1042", "piotr").entries[0].mail}`);
    for (const tie of await page.locator(".related [data-record-id]").all()) {
      await tie.locator("summary").click();
      assert.ok((await texts(tie.locator("details li"))).join(" ").length > 20);
    }
  });
  browse("U3: the reason names its score and the runners-up, or says that there is none", { server: main, who: "piotr" }, async ({ page, open }) => {
    await open(`/records/${main.timeline("OP-1042", "piotr").record.id}`);
    for (const why of await page.locator("[id^=m-] details.why").all()) {
      await why.locator("summary").click();
      const text = (await texts(why.locator("li"))).join(" ");
      assert.match(text, /Strength \d+ of 100/);
      assert.match(text, /No other record came into question|Also possible: /);
    }
  });
});

describe("U4", () => {
  browse("U4: a mail taken off its record still opens, and Undo puts it back as it was", { server: main, who: "anna" }, async ({ page, open }) => {
    const record = await recordNamed(main, "anna", "opportunity", "Filtry do żółci");
    const before = main.timeline(String(record), "anna").entries;
    await open(`/messages/${before[0].mail}`);
    await page.locator("#correct summary").click();
    await page.locator("button[value^=remove-]").first().click();
    await page.locator(".banner.calm form button").waitFor();
    assert.deepEqual(main.timeline(String(record), "anna").entries, []);
    assert.equal((await open(`/messages/${before[0].mail}`)).status(), 200);
    await page.locator("#history ~ ul form button").first().click();
    await page.locator(".related [data-record-id]").first().waitFor();
    assert.deepEqual(main.timeline(String(record), "anna").entries[0].evidence, before[0].evidence);
  });
  test("U4: no page has a way to delete a message", () => {
    const folder = join(ROOT, "src/web/templates");
    const forms = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), "utf8").match(/action="[^"]*"/g) ?? []);
    assert.ok(forms.length > 30);
    assert.deepEqual(forms.filter((form) => /messages/.test(form) && /delete|remove/.test(form)), []);
    assert.deepEqual(routes().filter((route) => /^\/messages.*(delete|remove)/.test(route)), []);
  });
});

describe("U5", () => {
  browse("U5: twelve conversations wait as they should, oldest first", { server: main, who: "ola" }, async ({ page, open }) => {
    await open("/");
    const group = page.locator("section[aria-labelledby=waiting]");
    const expected = world.written.waitingForOla;
    const rows = await group.locator(".card").evaluateAll((all) => all.map((one) => [one.querySelector(".subject").textContent.trim().replace(/^Re: /, ""), one.querySelector(".tag.waits").textContent]));
    // A conversation stands once, however often the client asked; its row says since when it waits, and how much more does.
    const first = rows;
    const waits = expected.map(({ subject }) => first.find(([other]) => other === subject)?.[1] ?? "not at all");
    assert.deepEqual(first.map(([subject]) => subject), expected.map((one) => one.subject));
    expected.forEach(({ days, subject }, n) => {
      const unit = days >= 1 ? `${Math.floor(days)} day` : `${Math.floor(days * 24)} hour`;
      assert.ok(waits[n].includes(unit), `${subject} waits ${days} days; the page says: ${waits[n]}`);
    });
    assert.equal(await group.locator("a.tag", { hasText: "1 more mail of this conversation waits" }).count(), 1);
  });
});

describe("U6", () => {
  for (const kind of ["account", "contact", "opportunity", "lead"]) {
    browse(`U6: the number in the heading is the number of rows, and a sentence says of what: ${kind}`, { server: main, who: "anna" }, async ({ page, open }) => {
      await open(`/records?kind=${kind}`);
      const said = (await page.locator("h1 .count").textContent()).replace(/\s/g, "");
      let rows = 0;
      for (;;) {
        rows += await page.locator("tbody tr").count();
        const next = page.locator("a[rel=next]");
        if (!(await next.count())) break;
        await next.click();
      }
      assert.equal(said, rows > 1000 ? "1000+" : String(rows));
      const means = await page.locator("h1").getAttribute("aria-describedby");
      assert.ok((await page.locator(`#${means}`).textContent()).length > 20);
    });
  }
  browse("U6: each group of Today says how many it has, and what belongs to it", { server: main, who: "piotr" }, async ({ page, open }) => {
    await open("/");
    for (const group of await page.locator("section.group").all()) {
      const heading = group.locator("h2");
      const count = (await heading.locator(".count").textContent()).replace(/\D/g, "");
      const rows = await group.locator("ol.cards > li").count();
      assert.ok(Number(count) === rows || (rows === 50 && Number(count) > 50), `${await heading.textContent()} has ${rows} rows`);
      const means = page.locator(`#${await heading.getAttribute("aria-describedby")}`);
      assert.ok((await means.textContent()).length > 20);
    }
  });
});

describe("U7", () => {
  browse("U7: what a change to many records will do is shown first, with its number on the button", { server: main, who: "anna" }, async ({ page, open }) => {
    await open("/records?kind=account");
    const names = ["Lampart", "Latarnia", "Mewa"];
    for (const name of names) await page.locator("tr", { hasText: new RegExp(`^\\s*${name}`) }).locator("input.tick").first().check();
    await page.locator("form[action$='/bulk'] button").click();
    await page.locator("input[name=what][value=append]").check();
    await page.locator("#to").selectOption({ label: "Piotr Zieliński" });
    await page.locator("#role").fill("Serwis");
    await page.locator("main form button.button").click();
    const button = page.locator("main form.sheet button.button");
    assert.match(await button.textContent(), /\b3\b/);
    for (const name of names) assert.equal(await page.locator("main a", { hasText: name }).count(), 1, name);
    await button.click();
    await until("the result does not name 3 records", async () => /\b3\b/.test(await page.locator("main").textContent()), 5);
    await page.reload();
  });
  test("U7: nothing takes effect without having been shown", async () => {
    const owner = () => main.run("timeline", "OP-2001", "--as", "kamil", "--json");
    const before = owner();
    await post(main, "kamil", "/bulk/999999", {});
    const straight = await post(main, "kamil", "/handovers", { user: "kamil", to: "ola", until: day(5) });
    assert.notEqual(straight.status, 303);
    const absence = await post(main, "kamil", "/absences/new", { do: "save", user: "kamil", from: day(3), until: day(9), substitute: "ola" });
    assert.ok(absence.status !== 303, `an absence was entered without a look at what it brings: ${absence.status}`);
    assert.equal(owner(), before);
  });
});

test("U8: what a run over history changes is what its dry run showed", async () => {
  const trial = await tryRule(main, rule("sprawa 1/1", "OP-10000"));
  await visit({ server: main, who: "adam" }, async ({ page, open }) => {
    await open(trial);
    const count = async (word) => Number(((await page.locator(`[data-group="${word}"]`).allTextContents())[0] ?? "0").replace(/\D/g, ""));
    const groups = await page.locator("[data-group]").evaluateAll((all) => all.map((one) => [one.dataset.group, Number(one.textContent.replace(/\D/g, ""))]));
    const shown = (await count("newly-linked")) + (await count("moved")) + (await count("lost"));
    assert.ok(shown > 0, `the dry run changes nothing: ${JSON.stringify(groups)}`);
    await page.locator("button[value=history]").click();
    await page.locator('a[href*="/admin/rules/runs/"]').click({ timeout: 60_000 });
    await until("the run does not end", async () => {
      await page.reload();
      return !(await page.locator("progress").count());
    }, 60);
    assert.equal(Number((await page.locator("[data-changed]").textContent()).replace(/\D/g, "")), shown);
  });
});

describe("U9", () => {
  browse("U9: the address is the state: a filtered list opens the same anywhere, and Back returns to it", { server: main, who: "piotr" }, async ({ page, open }) => {
    await open("/activities");
    await page.locator("select[name=days]").selectOption({ index: 1 });
    await page.locator("form.filter button").click();
    await page.locator(".tabs a").nth(1).click();
    const rows = await texts(page.locator("tbody tr"));
    const address = page.url();
    await page.locator("tbody a").first().click();
    await page.waitForURL((url) => url.href !== address);
    await page.goBack();
    assert.equal(page.url(), address);
    assert.deepEqual(await texts(page.locator("tbody tr")), rows);
    const elsewhere = await visit({ server: main, who: "piotr", height: 901 }, async ({ page }) => {
      await page.goto(address);
      return texts(page.locator("tbody tr"));
    });
    assert.deepEqual(elsewhere, rows);
  });
  browse("U9: Back restores where one had scrolled to", { server: main, who: "piotr", height: 500 }, async ({ page, open }) => {
    await open("/records?kind=contact");
    const link = page.locator("tbody th > a").nth(25);
    await link.scrollIntoViewIfNeeded();
    const at = await page.evaluate(() => window.scrollY);
    assert.ok(at > 200);
    await link.click();
    await page.locator(".timeline").waitFor();
    await page.goBack();
    await until("the place is not the same", async () => Math.abs((await page.evaluate(() => window.scrollY)) - at) < 40, 3);
  });
  browse("U9: reloading a page that a form led to sends nothing again", { server: main, who: "piotr" }, async ({ page, open }) => {
    const record = await recordNamed(main, "piotr", "account", "Acme");
    await open(`/records/${record}/activity?kind=note`);
    await page.locator("#subject").fill("Entered once");
    await page.locator("main form.sheet button.button").click();
    await page.waitForURL((url) => !url.pathname.endsWith("/activity"));
    const posts = [];
    page.on("request", (request) => request.method() === "POST" && posts.push(request.url()));
    await page.reload();
    assert.deepEqual(posts, []);
    await open(`/records/${record}`);
    assert.equal(await page.locator(".activity", { hasText: "Entered once" }).count(), 1);
  });
});

test("U10: the server answers within 50 ms, 95 of 100 times", { skip: !FULL && "the small seed proves nothing: --full" }, async () => {
  const acme = main.timeline("OP-1042", "piotr");
  for (const path of ["/", "/records?kind=account", "/records?kind=contact", `/records/${acme.record.id}`, `/messages/${acme.entries[0].mail}`, "/activities"]) {
    await fetched(main, "piotr", path);
    const times = [];
    for (let n = 0; n < 100; n++) {
      const begun = performance.now();
      await fetched(main, "piotr", path);
      times.push(performance.now() - begun);
    }
    const p95 = times.sort((a, b) => a - b)[94];
    assert.ok(p95 < 50, `${path}: ${p95.toFixed(1)} ms`);
  }
});

describe("U11", () => {
  browse("U11: the first stop leads past the navigation", { server: main, who: "piotr" }, async ({ page, open }) => {
    await open("/");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  });
  browse("U11: single keys can be switched off", { server: main, who: "anna" }, async ({ page, open }) => {
    await open("/review");
    const box = page.locator("[data-keys] input");
    await box.uncheck();
    const before = page.url();
    await page.locator("body").press("s");
    await page.waitForTimeout(200);
    assert.equal(page.url(), before, "a key worked though keys are off");
    await box.check();
    await page.locator("body").press("s");
    await page.waitForURL((url) => url.href !== before);
  });
});

test("U13: five hundred mails for somebody new make no mail to anybody of us", async () => {
  const counts = () => world.written.mailboxes.filter((login) => login !== "nowy").map((login) => [login, inbox(`${login}@${OWN}`).length]);
  const before = counts();
  const folder = join(dovecot.mail, `nowy@${OWN}`, "maildir");
  main.run("absence", "check");
  await deliver({ from: { name: "Jan Kowalski", address: "jan.kowalski@acme.test" }, to: `nowy@${OWN}`, subject: "First of many", text: "Hello, is anybody there?", id: "<first@acme.test>" });
  await until("the first mail is not delivered", () => inbox(`nowy@${OWN}`).some((text) => /First of many/.test(text)));
  for (let n = 0; n < 499; n++) {
    const text = [`From: Jan Kowalski <jan.kowalski@acme.test>`, `To: nowy@${OWN}`, `Subject: Many ${n}`, `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`, `Message-ID: <many-${n}@acme.test>`, "", "Could you answer this, please?", ""].join("\n");
    const name = `${Math.floor(Date.now() / 1000)}.M${n}.many`;
    writeFileSync(join(folder, "tmp", name), text, { mode: 0o666 });
    renameSync(join(folder, "tmp", name), join(folder, "new", name));
  }
  await until("the mails are not read", () => main.timeline("OP-1042", "anna").entries.filter((entry) => /^Many/.test(entry.subject)).length >= 10 && /nowy.*\b50[0-9]\b|500/.test(main.run("mailbox", "status")), 60);
  assert.deepEqual(counts(), before);
});

describe("U14", () => {
  const states = [
    ["nowy", "/", /Nothing waits for you/],
    ["nowy", "/records?kind=account", /None that you may read yet.*import/],
    ["nowy", "/records?kind=lead", /None that you may read yet/],
    ["nowy", "/activities", /\w/],
    ["nowy", "/handovers", /\w/],
    ["nowy", "/consents", /\w/],
    ["nowy", "/review", /\w/],
    ["nowy", "/me/blocks", /\w/],
  ];
  for (const [who, path, says] of states) {
    browse(`U14: an empty page says so: ${path}`, { server: main, who }, async ({ page, open }) => {
      await open(path);
      const none = page.locator("main .none").first();
      assert.match(await none.textContent(), says);
      assert.ok((await none.textContent()).trim().length > 15);
    });
  }
  browse("U14: what is not there says what to do, with the number of the request", { server: main, who: "piotr", expected: [/status of 404/] }, async ({ page, open }) => {
    const answer = await open("/records/999999");
    assert.equal(await page.locator("code").textContent(), answer.headers()["x-request-id"]);
    assert.ok(await page.locator("main a.button").isVisible());
  });
  browse("U14: a refused form keeps all that was typed", { server: main, who: "kamil", expected: [/status of 422/] }, async ({ page, open }) => {
    await open("/absences/new");
    const typed = { "#from": day(20), "#until": day(10), "#back_on": day(12), "#zone": "Europe/Warsaw" };
    for (const [field, value] of Object.entries(typed)) await page.locator(field).fill(value);
    await page.locator("#which-1").fill("Nowhere");
    await page.locator("button.button[value=preview]").click();
    await page.locator("[role=alert]").waitFor();
    for (const [field, value] of Object.entries(typed)) assert.equal(await page.locator(field).inputValue(), value, field);
    assert.equal(await page.locator("#which-1").inputValue(), "Nowhere");
  });
});

describe("U15", () => {
  browse("U15: every page says up to when mail was read", { server: main, who: "piotr" }, async ({ page, open }) => {
    for (const path of ["/", "/records", "/activities", "/absences", "/me"]) {
      await open(path);
      const at = await page.locator("#freshness time").getAttribute("datetime");
      assert.ok(Date.now() - Date.parse(at) < 120_000, `${path}: ${at}`);
    }
  });
  browse("U15: a mailbox whose server refuses us is named to whom it concerns", { server: main, who: "robert" }, async ({ page, open }) => {
    await open("/");
    assert.match(await page.locator("#behind").textContent(), /robert.*refused/);
    assert.doesNotMatch(await page.locator("body").textContent(), /1970/);
  });
});

describe("U16", () => {
  browse("U16: a date in words stands in a <time> with its moment", { server: main, who: "piotr" }, async ({ page, open }) => {
    const found = [];
    const record = main.timeline("OP-1042", "piotr");
    await open("/absences");
    const absence = await page.locator("tbody a[href^='/absences/']").first().getAttribute("href");
    for (const path of ["/", "/records?kind=account", `/records/${record.record.id}`, `/messages/${record.entries[0].mail}`, "/activities", "/absences", absence, "/handovers", "/me"]) {
      await open(path);
      found.push(...(await page.evaluate((where) => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const out = [];
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
          if (!/\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\b\d\d:\d\d\b/.test(node.data)) continue;
          if (node.parentElement.closest("time, .letter, .excerpt, .subject, script, option")) continue;
          out.push(`${where}: ${node.data.trim().slice(0, 80)}`);
        }
        return out;
      }, path)));
      const bad = await page.locator("time").evaluateAll((all) => all.filter((one) => Number.isNaN(Date.parse(one.dateTime))).map((one) => one.outerHTML));
      assert.deepEqual(bad, []);
    }
    // When a link was decided, and the day above a timeline's entries; whoever adds another kind of sentence looks here.
    const sentences = /decided|: [A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2} \d{4}$/;
    assert.deepEqual(found.filter((text) => !sentences.test(text)), []);
  });
  test("U16: another zone changes what is shown, and not the moment", async () => {
    const look = () =>
      visit({ server: main, who: "kamil" }, async ({ page, open }) => {
        await open(`/messages/${main.timeline("OP-2001", "kamil").entries[0].mail}`);
        return page.locator(".fields time").first().evaluate((one) => [one.dateTime, one.textContent]);
      });
    const zone = (name) => post(main, "kamil", "/me", { language: "en", zone: name, digest_at: "08:00", limit: "5" });
    const [moment, text] = await look();
    assert.equal((await zone("Asia/Tokyo")).status, 303);
    const [sameMoment, otherText] = await look();
    await zone("Europe/Warsaw");
    assert.equal(sameMoment, moment);
    assert.notEqual(otherText, text);
  });
  browse("U16: two people of one first name are told apart wherever people are chosen", { server: main, who: "maria" }, async ({ page, open }) => {
    for (const [path, choice] of [["/absences/new", "#substitute"], ["/bulk?kind=account", "#to"], ["/handovers", "#to"], ["/activities", "select[name=responsible]"]]) {
      await open(path);
      const names = await texts(page.locator(`${choice} option`));
      assert.ok(names.some((name) => name.startsWith("Anna Nowak")) && names.some((name) => name.startsWith("Anna Nowicka")), `${path}: ${names.join(", ")}`);
      assert.equal(new Set(names).size, names.length, `two people are called the same on ${path}`);
    }
  });
});

describe("U18", () => {
  const polish = (who, body) => async () => {
    await post(main, who, "/me", { language: "pl", zone: "Europe/Warsaw", digest_at: "08:00", limit: "5" });
    try {
      await visit({ server: main, who, locale: "pl-PL" }, body);
    } finally {
      await post(main, who, "/me", { language: "en", zone: "Europe/Warsaw", digest_at: "08:00", limit: "5" });
    }
  };
  test("U18: Polish counts as it is spoken: 1, 2, 5, 22", polish("maria", async ({ page, open }) => {
    await open("/records?kind=contact");
    assert.equal(await page.locator("html").getAttribute("lang"), "pl");
    const ids = await page.locator("input.tick").evaluateAll((all) => all.map((one) => one.value));
    for (const [n, words] of [[1, "1 zaznaczony rekord"], [2, "2 zaznaczone rekordy"], [5, "5 zaznaczonych rekordów"], [22, "22 zaznaczone rekordy"]]) {
      await open(`/bulk?${ids.slice(0, n).map((id) => `id=${id}`).join("&")}`);
      const text = (await page.locator("main").textContent()).replaceAll("\u00a0", " ");
      assert.ok(text.includes(words), `no "${words}" for ${n}`);
    }
  }));
  test("U18: Ł comes after L in lists", polish("anna", async ({ page, open }) => {
    await open("/records?kind=account");
    const names = await texts(page.locator("tbody th > a"));
    const ours = ["Lampart", "Latarnia", "Łabędź", "Łosoś", "Mewa"];
    assert.deepEqual(names.filter((name) => ours.includes(name)), ours);
  }));
  browse("U18: a mail's text bears its own language", { server: main, who: "anna" }, async ({ page, open }) => {
    const record = await recordNamed(main, "anna", "opportunity", "Filtry do żółci");
    await open(`/messages/${main.timeline(String(record), "anna").entries[0].mail}`);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    assert.equal(await page.locator(".letter").first().getAttribute("lang"), "pl");
  });
});

describe("U19", () => {
  test("U19: what is forbidden and what is not there give the same answer", async () => {
    const acme = main.timeline("OP-1042", "anna");
    const same = ({ status, headers, text }) => {
      const kept = [...headers].filter(([name]) => !["date", "x-request-id"].includes(name)).map((pair) => pair.join(": "));
      return { status, kept, text: text.replaceAll(headers.get("x-request-id"), "") };
    };
    for (const [there, absent] of [
      [`/records/${acme.record.id}`, "/records/999999"],
      [`/records/${acme.record.id}/owners`, "/records/999999/owners"],
      [`/records/${acme.record.id}/activity`, "/records/999999/activity"],
      [`/messages/${acme.entries[0].mail}`, "/messages/999999"],
      [`/messages/${acme.entries[0].mail}/body`, "/messages/999999/body"],
      [`/messages/${acme.entries[0].mail}/attachments/0`, "/messages/999999/attachments/0"],
      [`/live?page=/records/${acme.record.id}`, "/live?page=/records/999999"],
    ]) {
      const [one, other] = [same(await fetched(main, "kamil", there)), same(await fetched(main, "kamil", absent))];
      assert.equal(one.status, 404, there);
      assert.deepEqual(one, other, there);
    }
  });
  browse("U19: lists and titles show nothing of it", { server: main, who: "kamil" }, async ({ page, open }) => {
    for (const path of ["/", "/records?kind=account", "/records?kind=contact", "/records?kind=opportunity", "/records?kind=lead", "/activities", "/review"]) {
      await open(path);
      assert.doesNotMatch(await page.content(), /Acme|Żółć|Dąbek|Tajne/, path);
    }
  });
});

describe("U20", () => {
  const traps = () => main.timeline("OP-2066", "kamil").entries.filter((entry) => /^Trap: /.test(entry.subject));
  test("U20: the traps are there", () => assert.equal(traps().length, 10));
  for (const [n, name] of ["script", "form", "svg", "css", "htmx", "refresh", "pixel", "homograph", "frame", "long"].entries()) {
    browse(`U20: hostile mail stays in its frame: ${name}`, { server: main, who: "kamil" }, async ({ page, open }) => {
      const trap = traps().find((entry) => entry.subject === `Trap: ${name}`);
      await open(`/messages/${trap.mail}`);
      const shape = () => page.evaluate(() => [document.title, document.querySelectorAll("*").length, location.href]);
      const details = page.locator("#formatted");
      await details.locator("summary").click();
      const before = await shape();
      const frame = page.frameLocator("#formatted iframe");
      await frame.locator("body").waitFor();
      await page.waitForTimeout(300);
      assert.deepEqual(await shape(), before, "the page around it changed");
      assert.equal(await page.locator("#formatted iframe").getAttribute("sandbox"), "allow-popups allow-popups-to-escape-sandbox");
      const inside = page.frames().find((one) => one.url().endsWith("/body"));
      const left = await inside.locator("body").locator("script, form, input, button, iframe, object, embed, meta[http-equiv], base, link, style, svg, video, [onload], [onerror], [hx-get], [data-hx-post], [style*=url]").count();
      assert.equal(left, 0, "something that could act is left");
      if (name === "homograph") {
        const shown = await inside.locator("a").first().evaluate((link) => getComputedStyle(link, "::after").content);
        assert.match(shown, /xn--80ak6aa92e\.com/, "the host of a link that says something else is shown");
        assert.equal(await inside.locator('a[href^="javascript"]').count(), 0);
      }
      assert.ok(n >= 0);
    });
  }
  test("U20: a body opened by itself is a sandbox too, and attachments are downloads", async () => {
    const body = await fetched(main, "kamil", `/messages/${traps()[0].mail}/body`);
    assert.match(body.headers.get("content-security-policy"), /default-src 'none'.*sandbox/);
    const record = await recordNamed(main, "anna", "opportunity", "Filtry do żółci");
    const mail = main.timeline(String(record), "anna").entries[0].mail;
    const link = (await fetched(main, "anna", `/messages/${mail}`)).text.match(/\/messages\/\d+\/attachments\/\d+/)[0];
    const file = await fetched(main, "anna", link);
    assert.match(file.headers.get("content-disposition"), /^attachment/);
    assert.equal(file.headers.get("x-content-type-options"), "nosniff");
  });
});
