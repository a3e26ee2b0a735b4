// Last, since a database is gone afterwards.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fetched } from "../support/fetched.mjs";
import { stopPostgres } from "../support/servers.mjs";
import { onPostgres } from "../support/standins.mjs";

test("U14: what breaks on our side says so, with the number of the request", async () => {
  assert.equal((await fetched(onPostgres, "piotr", "/")).status, 200);
  stopPostgres();
  const answer = await fetched(onPostgres, "piotr", "/");
  assert.equal(answer.status, 500);
  assert.ok(answer.text.includes(answer.headers.get("x-request-id")));
  assert.match(answer.text, /<a class="button"/);
});
