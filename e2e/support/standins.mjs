// The Standins that tests share, started before any test: the main one on SQLite at the root, one
// under a path with a mail server of its own, which tests may stop, and one on PostgreSQL.

import { places } from "./routes.mjs";
import { Standin, postgres, spareDovecot } from "./servers.mjs";

export const second = spareDovecot();
export const [main, below, onPostgres] = await Promise.all([
  Standin.start({ notices: true }),
  Standin.start({ path: "/standin", mail: second, poll: 1 }),
  Standin.start({ database: postgres() }),
]);

/** Every page there is, with what it needs to show something. */
export const pages = await places(main);
