// Pages as bytes, without a browser.

const cookies = new Map();

/** What `who` gets at `path`: status, headers, text. Redirects are not followed. */
export async function fetched(server, who, path, options = {}) {
  const key = `${server.url} ${who}`;
  if (!cookies.has(key)) cookies.set(key, (await server.signIn(who)).join("="));
  const headers = { cookie: cookies.get(key), origin: server.origin, "sec-fetch-site": "same-origin" };
  const answer = await fetch(server.url + path, { redirect: "manual", ...options, headers: { ...headers, ...options.headers } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Sends a form as `who`. */
export const post = (server, who, path, fields) => fetched(server, who, path, { method: "POST", body: new URLSearchParams(fields) });
