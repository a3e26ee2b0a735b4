// The pages in a browser, on the real program with a real Dovecot, Postfix and PostgreSQL.
//
//   npm ci && npm test     all of it (./test does that)
//   node --test-force-exit --test-reporter=spec --test-name-pattern=U5 suite.test.mjs     the tests of one rule
//
// STANDIN_E2E_PROGRAM    the program; else target/debug/standin
// STANDIN_E2E_CHROMIUM   the browser; else Debian's
// STANDIN_E2E_PICTURES=1 writes the pictures of the README to docs/screenshots
// STANDIN_FULL=1         the full seed of 100,000 messages, and the bars for speed on it
//
// One process, one browser, one world: what takes long is done once. Pictures of every page are
// left in target/e2e/pages.

// The browser and the programs never end by themselves, so the runner has to end the process
// (--test-force-exit, in package.json); what it started ends with it. It would do so too early if
// tests were still to be named, so everything that takes time comes before the first of them.

import "./support/standins.mjs";

await import("./tests/all.mjs");
