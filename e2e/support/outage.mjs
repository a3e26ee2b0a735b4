// The mail server of the Standin below a path goes down, and comes back as soon as its people were
// told. Both take their time, so it begins with the first test and goes on beside the others.

import { fetched } from "./fetched.mjs";
import { startDovecot, stopDovecot, until } from "./servers.mjs";
import { below, second } from "./standins.mjs";

const behind = async () => (await fetched(below, "piotr", "/")).text.match(/<div id="behind">.*?<\/div>/s)[0];
/** What was told before it and during it, and after how many seconds; settled once it is over. */
export const outage = (async () => {
  const before = await behind();
  stopDovecot(second);
  const begun = Date.now();
  const during = await until("nobody is told", async () => /anna/.test(await behind()) && behind(), 150);
  const shown = Math.round((Date.now() - begun) / 1000);
  startDovecot(second);
  await until("nobody is told that it is back", async () => !/anna/.test(await behind()), 240);
  return { before, during, shown };
})();
// It is looked at by its test.
outage.catch(() => {});
