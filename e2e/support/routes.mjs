// Every page there is, by the routes in the code, with somebody who may open it and an address that
// shows something. `pages.test.mjs` looks at each; a route that is in neither list fails it.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { visit } from "./browser.mjs";
import { ROOT } from "./servers.mjs";

/** The routes that answer GET, from the sources. */
export function routes() {
  const folder = join(ROOT, "src/web");
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".rs"));
  const found = files.flatMap((name) => readFileSync(join(folder, name), "utf8").split(/\.route\(\s*/).slice(1));
  const named = found.map((text) => text.match(/^"([^"]+)",\s*(?:axum::routing::)?get\(/)?.[1]);
  // What answers programs gives no pages.
  return [...new Set(named.filter((name) => name && !name.startsWith("/api/v1/")))].sort();
}

/** Routes that give no page of ours, with the reason. */
export const NO_PAGES = {
  "/admin/import/{id}/refused.csv": "a file",
  "/records/list.csv": "a file",
  "/admin/rules/export": "a file",
  "/admin/rules/trials/{id}/changes.csv": "a file",
  "/metrics": "for machines",
  "/assets/{name}": "style and script, loaded by every page",
  "/favicon.ico": "a picture",
  "/favicon.svg": "a picture",
  "/live": "the stream of changes (U1, U15)",
  "/livez": "for machines",
  "/readyz": "for machines",
  "/login/code": "only after a password that asks for a second factor (the program's own tests)",
  "/login/oidc": "leads to the provider (the program's own tests, with a real one)",
  "/login/oidc/back": "comes from the provider (the program's own tests, with a real one)",
  "/logout/oidc": "leads to the provider (the program's own tests, with a real one)",
  "/setup": "only until the first admin is made (the program's own tests)",
  "/messages/{id}/attachments/{index}": "a file (U20)",
  "/messages/{id}/body": "what others wrote, in a frame of its own (U20)",
};

/** A rule as a text: what has `words` in its subject regards the record of that number. */
export const rule = (words, number) => `[[rule]]
name = "About ${words}"
state = "on"
[[rule.all]]
field = "subject"
contains = "${words}"
[rule.then]
regard = "${number}"
`;

/** Tries a rule out on the page for it and gives the address of its dry run, which is done then. */
export const tryRule = (server, text, who = "adam") =>
  visit({ server, who }, async ({ page, open }) => {
    await open("/admin/rules/new");
    await page.locator("button[name=do][value=text]").click();
    await page.locator("textarea[name=toml]").fill(text);
    await page.locator("button.button[name=do][value=try]").click();
    await page.waitForURL(/trials/);
    await page.locator("button[name=do][value=save]").waitFor({ timeout: 60_000 });
    return page.url().slice(server.url.length);
  });

/** The id of a record, by its name as somebody's list shows it. */
export async function recordNamed(server, who, kind, name) {
  return visit({ server, who }, async ({ page, open }) => {
    await open(`/records?kind=${kind}`);
    for (;;) {
      const link = page.locator("tbody th > a", { hasText: name }).first();
      if (await link.count()) return Number((await link.getAttribute("href")).match(/(\d+)$/)[1]);
      const next = page.locator("a[rel=next]");
      if (!(await next.count())) throw new Error(`${who} has no ${kind} named ${name}`);
      await next.click();
    }
  });
}

/** Does something with a page until its address changes, and gives that, without the host. */
const follow = (server, who, path, act) =>
  visit({ server, who }, async ({ page, open }) => {
    await open(path);
    const before = page.url();
    await act(page);
    await page.waitForURL((url) => url.href !== before);
    return page.url().slice(server.url.length);
  });

/** The link to a mailbox on the list of them. */
const adminLink = (server, name) =>
  visit({ server, who: "adam" }, async ({ page, open }) => {
    await open("/admin/mailboxes");
    return page.locator(`tr[data-mailbox="${name}"] th a`).getAttribute("href");
  });

/** The pages: route, name, who opens it, address. What they need is brought about first. */
export async function places(server) {
  const acme = server.timeline("OP-1042", "piotr");
  const record = acme.record.id;
  const mail = acme.entries.find((entry) => entry.subject.startsWith("Re: Acme")).mail;
  const lead = server.timeline(String(await recordNamed(server, "piotr", "lead", "Fabryka Mebli")), "piotr");
  const contact = await recordNamed(server, "piotr", "contact", "Jan Kowalski");
  const absence = Number((server.run("absence", "list", "--json").match(/"id":\s*(\d+)/) ?? [])[1]);

  const spare = await recordNamed(server, "anna", "account", "Zbędna Spółka");
  await follow(server, "anna", `/records/${spare}/delete`, (page) => page.locator("main form button").click());
  const bulk = await follow(server, "maria", `/bulk?id=${record}`, async (page) => {
    await page.locator("input[name=what][value=assign]").check();
    await page.locator("#to").selectOption({ label: "Piotr Zieliński" });
    await page.locator("main form button.button").click();
  });
  const decision = await follow(server, "anna", "/review", async (page) => {
    await page.locator("input[name=like]").check();
    await page.locator("button.choice").first().click();
  });
  const saved = await tryRule(server, rule("sprawa 0/0", "OP-10001"));
  const run = await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open(saved);
    await page.locator("button[name=do][value=history]").click();
    const link = page.locator('a[href*="/admin/rules/runs/"]');
    await link.waitFor({ timeout: 60_000 });
    return (await link.getAttribute("href")).match(/\/admin.*$/)[0];
  });
  const trial = await tryRule(server, rule("Warzelnia", "OP-1051"), "beata");
  const ruleId = await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open("/admin/rules");
    return page.locator("tr[data-rule]").first().getAttribute("data-rule");
  });
  // Paused, so that nobody tries to read it.
  const kept = ["mailbox", "add", "spare", "--address", "spare@firma.example", "--user", "adam"];
  const box = { file: /mailboxes\/(\d+)/.exec(await adminLink(server, "anna"))[1] };
  try {
    server.run(...kept, "--imap-host", "127.0.0.1", "--imap-port", "9", "--imap-security", "plain", "--password-file", server.secret("anna"));
    server.run("mailbox", "pause", "spare");
  } catch (error) {
    if (!/already/.test(String(error))) throw error;
  }
  box.kept = /mailboxes\/(\d+)/.exec(await adminLink(server, "spare"))[1];

  const upload = (what, name, text) =>
    follow(server, "adam", "/admin/import", async (page) => {
      await page.locator("#what").selectOption(what);
      await page.locator("#file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
      await page.locator("main form button.button").click();
    });
  const mapping = await upload("account", "firmy.csv", "Id;Nazwa;Opiekun;Miasto\nq1;Łąka Zielona;anna;Łódź\nq2;Zając i Syn;piotr;Hel\n");
  const tried = await upload("lead", "leady.csv", "external_id,name,owner,phone\nq1,Sound,anna,+48 22 1\nq2,,anna,\nq3,Broken,ana,\n");
  await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open(tried);
    await page.locator(".acts button.button[value=read]").click();
    await page.locator("[data-import=tried]").waitFor({ timeout: 60_000 });
  });
  const person = await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open("/admin/users?q=kamil");
    return (await page.locator("[data-users] th > a").first().getAttribute("href")).match(/(\d+)$/)[1];
  });
  const heir = await visit({ server, who: "adam" }, async ({ page, open }) => {
    await open(`/admin/users/${person}/leave`);
    return page.locator("#to option", { hasText: "Ola Kwiat" }).getAttribute("value");
  });
  const draft = await follow(server, "piotr", `/messages/${mail}`, (page) => page.locator("#answer button[value=reply]").click());
  const handover = await visit({ server, who: "zofia" }, async ({ page, open }) => {
    await open("/handovers");
    await page.locator("#user").selectOption({ label: "Robert Bąk" });
    await page.locator("#to").selectOption({ label: "Ola Kwiat" });
    await page.locator("#until").fill(day(5));
    await page.getByRole("button").last().click();
    await page.waitForURL(/preview/);
    const preview = page.url().slice(server.url.length);
    await page.locator(".acts button").click();
    await page.waitForURL(/handovers\/\d+/);
    return { preview, done: page.url().slice(server.url.length) };
  });
  return [
    ["/", "today-of-a-substitute", "piotr", "/"],
    ["/", "today-of-somebody-away", "anna", "/"],
    ["/", "today-empty", "nowy", "/"],
    ["/", "today-behind", "robert", "/"],
    ["/records", "records", "piotr", "/records?kind=account"],
    ["/records", "records-waiting", "maria", "/records?kind=opportunity&whose=people&lack=unanswered"],
    ["/records", "records-neglected", "maria", "/records?kind=lead&whose=people&lack=neglected"],
    ["/records", "records-empty", "nowy", "/records?kind=lead"],
    ["/search", "search", "piotr", "/search?q=kowalski"],
    ["/search", "search-nothing", "piotr", `/search?q=${encodeURIComponent("+48 22 999 99 99")}`],
    ["/records/{id}", "record", "piotr", `/records/${record}`],
    ["/records/{id}", "record-contact", "piotr", `/records/${contact}`],
    ["/records/{id}/access", "record-access", "anna", `/records/${record}/access`],
    ["/records/{id}/activity", "record-activity", "piotr", `/records/${record}/activity?kind=call`],
    ["/records/{id}/owners", "record-owners", "piotr", `/records/${record}/owners`],
    ["/records/{id}/merge", "record-merge", "maria", `/records/${record}/merge`],
    ["/records/{id}/delete", "record-delete", "maria", `/records/${record}/delete`],
    ["/records/{id}/deleted", "record-deleted", "anna", `/records/${spare}/deleted`],
    ["/activities", "activities", "piotr", "/activities"],
    ["/bulk", "bulk", "maria", `/bulk?kind=account`],
    ["/bulk/{number}", "bulk-preview", "maria", bulk],
    ["/handovers", "handovers", "zofia", "/handovers"],
    ["/handovers/preview", "handover-preview", "zofia", handover.preview],
    ["/handovers/{id}", "handover", "zofia", handover.done],
    ["/messages/{id}", "message", "piotr", `/messages/${mail}`],
    ["/messages/{id}/new/{kind}", "message-new", "piotr", `/messages/${lead.entries[0].mail}/new/contact`],
    ["/messages/{id}/update/{record}", "message-update", "piotr", `/messages/${mail}/update/${contact}`],
    ["/drafts", "drafts", "piotr", "/drafts"],
    ["/drafts/{id}", "draft", "piotr", draft],
    ["/me/signature", "me-signature", "piotr", "/me/signature"],
    ["/review", "review", "anna", "/review"],
    ["/review/decisions/{number}", "review-decision", "anna", decision],
    ["/absences", "absences", "piotr", "/absences"],
    ["/absences/new", "absence-new", "kamil", "/absences/new"],
    ["/absences/{id}", "absence", "anna", `/absences/${absence}`],
    ["/absences/{id}/brief", "absence-brief", "piotr", `/absences/${absence}/brief`],
    ["/absences/{id}/report", "absence-report", "anna", `/absences/${absence}/report`],
    ["/consents", "consents", "piotr", "/consents"],
    ["/me", "me", "piotr", "/me"],
    ["/me/notice", "me-notice", "anna", "/me/notice?try=1"],
    ["/notices", "notices", "adam", "/notices"],
    ["/notices/{number}", "notices-of", "adam", `/notices/${person}?try=1&for=jan%40acme.example`],
    ["/me/blocks", "me-blocks", "piotr", "/me/blocks"],
    ["/me/filing", "me-filing", "piotr", "/me/filing"],
    ["/me/sign-in", "me-sign-in", "piotr", "/me/sign-in"],
    ["/me/tokens", "me-tokens", "piotr", "/me/tokens"],
    ["/api/docs", "api-docs", "piotr", "/api/docs"],
    ["/records/new/{kind}", "record-new", "piotr", "/records/new/contact?name=Jan%20Nowy"],
    ["/status", "status-short", "robert", "/status"],
    ["/me/mailboxes", "me-mailboxes", "anna", "/me/mailboxes"],
    ["/admin", "admin-status", "adam", "/admin"],
    ["/admin/jobs", "admin-jobs", "adam", "/admin/jobs"],
    ["/admin/mailboxes", "admin-mailboxes", "adam", "/admin/mailboxes"],
    ["/admin/mailboxes/new", "admin-mailbox-new", "adam", "/admin/mailboxes/new"],
    ["/admin/mailboxes/{id}", "admin-mailbox", "adam", `/admin/mailboxes/${box.file}`],
    ["/admin/mailboxes/{id}", "admin-mailbox-kept", "adam", `/admin/mailboxes/${box.kept}?remove=look`],
    ["/admin/mailboxes/{id}/edit", "admin-mailbox-edit", "adam", `/admin/mailboxes/${box.kept}/edit`],
    ["/admin/access", "admin-access", "adam", `/admin/access?user=piotr`],
    ["/admin/users", "users", "adam", "/admin/users"],
    ["/admin/users/new", "user-new", "adam", "/admin/users/new"],
    ["/admin/users/{id}", "user", "adam", `/admin/users/${person}`],
    ["/admin/users/{id}/leave", "user-leave", "adam", `/admin/users/${person}/leave?look=1&to=${heir}`],
    ["/admin/teams/{id}", "team", "adam", "/admin/teams/1"],
    ["/admin/import", "imports", "adam", "/admin/import"],
    ["/admin/import/{id}", "import-columns", "adam", mapping],
    ["/admin/import/{id}", "import-tried", "adam", tried],
    ["/glass", "glass", "maria", "/glass"],
    ["/invitation/{token}", "invitation-void", null, "/invitation/0123", 404],
    ["/admin/audit", "admin-audit", "adam", "/admin/audit"],
    ["/admin/autoresponder", "admin-autoresponder", "adam", "/admin/autoresponder"],
    ["/admin/blocks", "admin-blocks", "adam", "/admin/blocks"],
    ["/admin/privacy", "admin-privacy", "adam", "/admin/privacy"],
    ["/admin/rules", "rules", "adam", "/admin/rules"],
    ["/admin/rules/history", "rules-history", "adam", "/admin/rules/history"],
    ["/admin/rules/new", "rule-new", "adam", "/admin/rules/new"],
    ["/admin/rules/{id}", "rule", "adam", `/admin/rules/${ruleId}`],
    ["/admin/rules/{id}/shadow", "rule-shadow", "adam", `/admin/rules/${ruleId}/shadow`],
    ["/admin/rules/runs/{id}", "rule-run", "adam", run],
    ["/admin/rules/trials/{id}", "rule-trial", "beata", trial],
    ["/admin/trace", "trace", "beata", `/admin/trace?mail=${mail}`],
    ["/login", "sign-in", null, "/login"],
    ["nowhere", "not-found", "piotr", "/records/999999", 404],
  ].map(([route, name, who, path, status = 200]) => ({ route, name, who, path, status }));
}

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
