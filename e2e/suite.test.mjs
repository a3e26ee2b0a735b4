// The pages in a browser, on the real program with a real Dovecot, Postfix and PostgreSQL.
//
//   npm ci && npm test     all of it (./test does that)
//   node --test-reporter=spec --test-name-pattern=U5 suite.test.mjs     the tests of one rule
//
// STANDIN_E2E_PROGRAM    the program; else target/debug/standin
// STANDIN_E2E_CHROMIUM   the browser; else Debian's
// STANDIN_E2E_PICTURES=1 writes the pictures of the README to docs/pictures:
//   cargo build && cd e2e && npm ci && STANDIN_E2E_PICTURES=1 node --test-name-pattern=picture: suite.test.mjs
// STANDIN_FULL=1         the full seed of 100,000 messages, and the bars for speed on it
//
// The Node of Debian 12 (18) will do; whatever is newer as well.
//
// One process, one browser, one world: what takes long is done once. Pictures of every page are
// left in target/e2e/pages.

// What takes time comes before the first test is named, so that the runner knows all of them when it begins.

import { after } from "node:test";
import { close } from "./support/browser.mjs";
import { end } from "./support/servers.mjs";
import "./support/standins.mjs";

await import("./tests/all.mjs");

after(async () => {
  await close();
  end();
});
