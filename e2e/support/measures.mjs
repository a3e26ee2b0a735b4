// What is measured on a page as it lies in the browser: sizes, overflow, and where the focus goes.

/** Controls that are smaller than 24 by 24 and no link within a sentence (WCAG 2.5.8). */
export const small = (page) =>
  page.evaluate(() => {
    const shown = (element) => {
      const box = element.getBoundingClientRect();
      const style = getComputedStyle(element);
      return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && !element.closest(".unseen, [aria-hidden=true]") && element.checkVisibility();
    };
    // A link with words beside it in the same block is as high as its line.
    const inSentence = (element) => {
      if (element.tagName !== "A" || getComputedStyle(element).display !== "inline") return false;
      const block = element.closest("p, li, dd, td, th, div, label");
      return block && block.textContent.trim().length > element.textContent.trim().length + 3;
    };
    return [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
      .filter((element) => shown(element) && !inSentence(element))
      .map((element) => [element, element.getBoundingClientRect()])
      .filter(([, box]) => box.width < 23.99 || box.height < 23.99)
      .map(([element, box]) => `${element.outerHTML.slice(0, 120)} is ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`);
  });

/** What makes a page wider than the window; nothing where it is not. */
export const overflow = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= window.innerWidth) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => !element.closest("[data-scroll-x]") && element.getBoundingClientRect().right > width + 0.5)
      .slice(-3)
      .map((element) => `${element.outerHTML.slice(0, 120)} ends at ${element.getBoundingClientRect().right.toFixed(0)} of ${width}`);
  });

/** Words that stand broken in a column too narrow for them, while there is room beside it. */
export const squeezed = (page) =>
  page.evaluate(() => {
    const texts = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    const found = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const text = node.textContent.trim();
      if (text.length < 6 || node.parentElement.closest("[data-scroll-x], pre, svg, option, .unseen") || !node.parentElement.checkVisibility()) continue;
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
      // Three lines and more, each narrower than five letters.
      if (box.width > 0 && box.width < 3 * size && box.height > 3 * size) found.push(`"${text.slice(0, 40)}" is ${box.width.toFixed(0)} wide and ${box.height.toFixed(0)} high`);
    }
    return found;
  });

/** What is wrong with the bar above a page on a wide window: a navigation that must be scrolled, no room to search. */
export const bar = (page) =>
  page.evaluate(() => {
    const [nav, seek] = [document.querySelector(".bar nav"), document.querySelector(".bar .seek")];
    if (!nav || !seek) return [];
    const room = seek.getBoundingClientRect().width;
    return [nav.scrollWidth > nav.clientWidth + 1 && `the navigation needs ${nav.scrollWidth} px of ${nav.clientWidth}`, room < 150 && `${room.toFixed(0)} px to search`].filter(Boolean);
  });

/** Tabs through the page. Says of each stop what is wrong with it, and whether the way ends. */
export async function tabThrough(page, most = 400) {
  const wrong = [];
  let stops = 0;
  await page.evaluate(() => {
    window.scrollTo(0, 0);
    document.activeElement?.blur();
  });
  for (; stops < most; stops++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const again = element.dataset.tabbed === "1";
      element.dataset.tabbed = "1";
      if (again) return null;
      const text = element.outerHTML.slice(0, 100);
      if (element.tagName === "IFRAME") return { text };
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
      const inside = box.bottom > 0 && box.top < window.innerHeight && box.right > 0 && box.left < window.innerWidth;
      const at = document.elementFromPoint(Math.min(Math.max(box.left + box.width / 2, 0), window.innerWidth - 1), Math.min(Math.max(box.top + Math.min(box.height, 20) / 2, 0), window.innerHeight - 1));
      const covered = at && !element.contains(at) && !at.contains(element) && !element.closest("label")?.contains(at);
      return { text, fault: !outlined ? "has no visible outline" : !inside ? "lies outside the window" : covered ? `is covered by ${at.outerHTML.slice(0, 60)}` : null };
    });
    if (!stop) break;
    if (stop.fault) wrong.push(`${stop.text} ${stop.fault}`);
  }
  if (stops >= most) wrong.push(`no end after ${most} stops`);
  return { stops, wrong };
}

/** Octets that came over the wire for all that a page loads. */
export async function transferred(page, url) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  let octets = 0;
  session.on("Network.loadingFinished", (done) => (octets += done.encodedDataLength));
  await page.goto(url);
  await page.waitForLoadState("load");
  await session.detach();
  return octets;
}
