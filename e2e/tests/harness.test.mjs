// The harness itself: each of the things that no page may do does fail a test.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { visit } from "../support/browser.mjs";

const page = (head, body) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">${head}</head><body><main><h1>Page</h1>${body}</main></body></html>`;
const PAGES = {
  "/sound": page("", "<p>Nothing is wrong here.</p>"),
  "/console": page("", '<script>console.error("planted")</script>'),
  "/page": page("", '<script>throw new Error("planted")</script>'),
  "/foreign": page("", '<img alt="" src="http://elsewhere.example/pixel.gif">'),
  "/axe": page("", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
  "/dialog": page("", '<script>alert("planted")</script>'),
};

let server, origin;
before(async () => {
  server = createServer((request, answer) => {
    const text = PAGES[request.url];
    answer.writeHead(text ? 200 : request.url === "/broken" ? 500 : 404, { "content-type": "text/html" });
    answer.end(text ?? page("", "<p>Broken.</p>"));
  }).listen(0, "127.0.0.1");
  await new Promise((go) => server.on("listening", go));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());

const look = (path, expected = []) => visit({ origin, expected }, ({ page }) => page.goto(origin + path));

test("a sound page passes", () => look("/sound"));
for (const [path, says] of [
  ["/console", /console error: planted/],
  ["/page", /page error: planted/],
  ["/foreign", /request to another host: http:\/\/elsewhere\.example/],
  ["/axe", /axe on .*image-alt/],
  ["/dialog", /dialog: planted/],
  ["/broken", /500 from/],
]) {
  test(`a page fails its test: ${path}`, () => assert.rejects(look(path), says));
}
test("an error that was expected and did not come fails the test", () => assert.rejects(look("/sound", [/planted/]), /did not come/));
