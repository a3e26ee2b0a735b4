// The real program with the real servers of fixtures/: a private Dovecot and Postfix, on request a
// private PostgreSQL, and any number of Standins that read the same mailboxes. All in one
// temporary folder; all ended, and the folder removed, when this process ends in whatever way.

import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { OWN, SIZES, password, write } from "./world.mjs";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const FIXTURES = join(ROOT, "fixtures/servers");
const program = resolve(ROOT, process.env.STANDIN_E2E_PROGRAM ?? "target/debug/standin");
/** Whether the slow parts run too: the big seed and its times. */
export const FULL = process.env.STANDIN_FULL === "1";

// The program takes every STANDIN_… variable for a setting, and ours are none.
const plain = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("STANDIN_")));
const work = mkdtempSync(join(tmpdir(), "se-"));
spawnSync("chmod", ["711", work]);
const running = new Set();

/** Ends every program and server that was started here. */
export function end() {
  for (const child of running) child.kill("SIGKILL");
  const servers = ["dc", "d2", "px", "pg"].map((name) => join(work, name)).filter((path) => existsSync(path));
  if (servers.length) spawnSync(join(FIXTURES, "stop"), ["--remove", ...servers]);
  rmSync(work, { recursive: true, force: true });
}
process.on("exit", end);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

/** Runs one of the scripts of fixtures/servers and returns the lines it printed as an object. */
function server(name, ...args) {
  // It leaves a server behind that keeps its output, so that goes to a file.
  const out = join(work, `${name}-${args.length}.out`);
  const said = openSync(out, "w");
  const done = spawnSync(join(FIXTURES, name), args, { stdio: ["ignore", said, said] });
  const text = readFileSync(out, "utf8");
  if (done.status !== 0) throw new Error(`fixtures/servers/${name} failed:\n${text}`);
  return Object.fromEntries(text.split("\n").filter((line) => line.includes("=")).map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** Waits until `look` gives something true, looking ten times a second; else says what did not come. */
export async function until(what, look, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`after ${seconds} s: ${typeof what === "function" ? what() : what}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

const freePort = () =>
  new Promise((go, no) => {
    const listener = createServer();
    listener.on("error", no).listen(0, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => go(port));
    });
  });

if (!existsSync(program)) throw new Error(`${program} is not there; build it with: cargo build`);

/** The world: mailboxes with mail, and CSV files. Written once, read by every Standin. */
export const world = (() => {
  const csv = join(work, "csv");
  const mail = join(work, "mail");
  mkdirSync(csv);
  mkdirSync(mail);
  return { csv, written: write({ csv, mail, now: Math.floor(Date.now() / 1000), size: FULL ? SIZES.full : SIZES.small }) };
})();

/** A private Dovecot in the folder `name`, with all of the world's mail. */
function mailServer(name) {
  const addresses = world.written.mailboxes.map((login) => `${login}@${OWN}`);
  const found = server("dovecot", join(work, name), ...addresses, "jan.kowalski@acme.test");
  cpSync(join(work, "mail"), found.mail, { recursive: true, preserveTimestamps: true });
  if (process.getuid() === 0) execFileSync("chown", ["-R", `${found.mail_uid}:${found.mail_uid}`, found.mail]);
  return found;
}

export const dovecot = mailServer("dc");
export const postfix = server("postfix", join(work, "px"), join(work, "dc"));

/** A second one, for whoever wants to stop it. */
export const spareDovecot = () => mailServer("d2");

/** Ends a private Dovecot, as if the company's mail server were down. Its mail stays. */
export const stopDovecot = (one) => execFileSync(join(FIXTURES, "stop"), [one.dir]);

/** Starts it again, on the ports that it had. */
export function startDovecot(one) {
  const out = openSync(join(work, "again.out"), "w");
  const done = spawnSync("dovecot", ["-c", one.config], { stdio: ["ignore", out, out], env: { ...plain, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  if (done.status !== 0) throw new Error(`Dovecot did not start again:\n${readFileSync(join(work, "again.out"), "utf8")}`);
}

/** Ends the private PostgreSQL. */
export const stopPostgres = () => execFileSync(join(FIXTURES, "stop"), [join(work, "pg")]);

/** A private PostgreSQL, and the URL of its database. */
export const postgres = () => server("postgres", join(work, "pg")).url;

let number = 0;

/** A Standin of its own data, with all of the world imported and read. */
export class Standin {
  /** `path` is what stands behind the host in public_url; `database` is another than SQLite's file; `mailboxes` are in the settings; a `bare` one knows nobody. */
  static async start({ path = "", database = "", notices = false, mail = dovecot, poll = 5, mailboxes = world.written.mailboxes, bare = false } = {}) {
    const one = new Standin();
    one.dir = join(work, `standin-${++number}`);
    one.database = database;
    mkdirSync(one.dir);
    one.port = await freePort();
    one.origin = `http://127.0.0.1:${one.port}`;
    one.url = one.origin + path;
    one.config = join(one.dir, "standin.toml");
    writeFileSync(one.config, one.settings({ database, notices, mail, poll, mailboxes }));
    if (bare) {
      await one.serve();
      return one;
    }
    for (const what of ["users", "accounts", "contacts", "leads", "opportunities"]) await one.runBeside("import", what, join(world.csv, `${what}.csv`));
    const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    one.run("absence", "add", ...(notices ? ["--notice"] : []), "--user", "anna", "--substitute", "piotr", "--from", day(-1), "--until", day(9));
    await one.serve();
    // Those that have mail: of an empty mailbox nothing is said, and Robert's refuses us.
    const wanted = mailboxes.filter((login) => !["robert", "nowy"].includes(login));
    const read = () => new Set([...one.log().matchAll(/"history is read","mailbox":"([^"]+)"/g)].map(([, login]) => login));
    const silent = () => wanted.filter((login) => !read().has(login));
    await until(() => `not read: ${silent()}.\nStandin says:\n${one.log().slice(-3000)}\nDovecot says:\n${readFileSync(mail.log, "utf8").slice(-3000)}`, () => !silent().length, FULL ? 1800 : 120);
    return one;
  }

  settings({ database, notices, mail, poll, mailboxes }) {
    const text = (value) => JSON.stringify(value);
    const lines = [`data_dir = ${text(join(this.dir, "data"))}`, `database = ${text(database)}`, `listen = "127.0.0.1:${this.port}"`, `public_url = ${text(this.url)}`,
      'mode = "restricted"', `own_domains = ["${OWN}"]`, 'company = "Wodnik"', 'language = "en"', "[mail]", `poll = ${poll}`, "[notice]", `enabled = ${notices}`];
    for (const login of mailboxes) {
      // Robert's password has changed on the server, and nobody has told Standin.
      writeFileSync(this.secret(login), login === "robert" ? "an old password\n" : `${mail.password}\n`);
      const server = [`user = "${login}@${OWN}"`, `secret_file = ${text(this.secret(login))}`, `ca_file = ${text(mail.ca_file)}`];
      lines.push("[[mailbox]]", `name = "${login}"`, `address = "${login}@${OWN}"`, `user = "${login}"`, "[mailbox.imap]", 'host = "localhost"', `port = ${mail.imaps_port}`, ...server,
        "[mailbox.smtp]", 'host = "localhost"', `port = ${postfix.submission_port}`, 'security = "starttls"', ...server);
    }
    return lines.join("\n") + "\n";
  }

  secret = (login) => join(this.dir, `${login}.password`);
  log = () => (existsSync(join(this.dir, "log")) ? readFileSync(join(this.dir, "log"), "utf8") : "");

  /** Runs a command of the program on this Standin's data and returns what it printed. */
  run(...args) {
    const done = spawnSync(program, [...args, "--config", this.config], { encoding: "utf8", env: { ...plain, STANDIN_LOG: "error" }, maxBuffer: 1 << 28 });
    if (done.status !== 0) throw new Error(`standin ${args.join(" ")}:\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }

  /** Makes what was done on a record so many days older, where PostgreSQL has it. */
  age(record, days) {
    const later = (table, which) => `update ${table} set updated_at = updated_at - ${days * 86_400_000} where ${which} = ${Number(record)}`;
    const statements = [later("records", "id"), later("activities", "record_id")].join("; ");
    const done = spawnSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statements, this.database], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(`psql:\n${done.error ?? ""}${done.stderr}`);
  }

  /** Runs a command while other things go on. */
  runBeside = (...args) => promisify(execFile)(program, [...args, "--config", this.config], { env: { ...plain, STANDIN_LOG: "error" } });

  async serve() {
    const log = openSync(join(this.dir, "log"), "a");
    this.child = spawn(program, ["serve", "--config", this.config], { stdio: ["ignore", log, log], env: { ...plain, TZ: "Europe/Warsaw" } });
    running.add(this.child);
    this.child.on("exit", () => running.delete(this.child));
    await until(() => `Standin is not ready: ${this.log().slice(-2000)}`, async () => (await fetch(`${this.origin}/readyz`).catch(() => null))?.ok);
  }

  async stop() {
    const ended = new Promise((go) => this.child.on("exit", go));
    this.child.kill("SIGTERM");
    await ended;
  }

  /** The value of a session's cookie. */
  async signIn(login) {
    const answer = await fetch(`${this.url}/login`, { method: "POST", redirect: "manual", headers: { origin: this.origin, "sec-fetch-site": "same-origin" }, body: new URLSearchParams({ login, password: password(login) }) });
    // It is the only one that is set; the Node of Debian 12 knows no `getSetCookie`.
    const cookie = answer.headers.get("set-cookie");
    if (answer.status !== 303 || !cookie) throw new Error(`${login} cannot sign in at ${this.url}: ${answer.status}`);
    return cookie.split(";")[0].split("=");
  }

  /** What a timeline holds, as a user sees it. */
  timeline = (record, as) => JSON.parse(this.run("timeline", record, "--as", as, "--json"));
}

/** Hands one mail to Postfix, as a server outside does. */
export async function deliver({ from, to, subject, text, id, answers = [] }) {
  const socket = connect(Number(postfix.smtp_port), "127.0.0.1");
  socket.setEncoding("utf8");
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk));
  const answer = (code) =>
    until(`Postfix did not say ${code} but: ${heard}`, () => {
      const found = heard.match(new RegExp(`^${code} .*\r\n`, "m"));
      if (found) heard = "";
      return found;
    });
  const say = async (line, code) => {
    socket.write(`${line}\r\n`);
    await answer(code);
  };
  await answer(220);
  await say("EHLO client.test", 250);
  await say(`MAIL FROM:<${from.address}>`, 250);
  await say(`RCPT TO:<${to}>`, 250);
  await say("DATA", 354);
  const head = [`From: ${from.name} <${from.address}>`, `To: <${to}>`, `Subject: ${subject}`, `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`, `Message-ID: ${id}`];
  if (answers.length) head.push(`In-Reply-To: ${answers.at(-1)}`, `References: ${answers.join(" ")}`);
  await say([...head, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "", ...text.split("\n"), "."].join("\r\n"), 250);
  socket.end("QUIT\r\n");
}

/** Subjects of the mails that lie in a mailbox's INBOX, straight from the disk. */
export function inbox(address) {
  const found = spawnSync("grep", ["-rhi", "^Subject:", join(dovecot.mail, address, "maildir/new"), join(dovecot.mail, address, "maildir/cur")], { encoding: "utf8" });
  return found.stdout.split("\n").filter(Boolean);
}
