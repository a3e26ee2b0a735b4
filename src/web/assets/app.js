// Keeps open pages fresh. Everything works without it.
//
// The server says only that this page changed; the page is then fetched like any other, with the
// rights of this moment. A hidden tab closes its stream (browsers allow six connections to one
// server) and asks now and then instead, so that what a cover showed goes from it as well.
(function () {
  "use strict";
  var body = document.body;
  // Where the pages stand: this file is in "assets" below it.
  var base = new URL("..", document.currentScript.src).pathname;
  var source = null;
  var busy = false;
  var again = false;
  var retry = null;

  function watch() {
    clearTimeout(retry);
    if (!body.dataset.live || source || document.hidden) return;
    var query = new URLSearchParams({ page: body.dataset.live, seen: body.dataset.seen });
    source = new EventSource(base + "live?" + query);
    source.addEventListener("changed", refresh);
    source.addEventListener("error", function () {
      // Closed for good: signed out, the page is gone, or the server is down. Fetching tells which.
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        refresh();
        retry = setTimeout(watch, 5000);
      }
    });
  }

  function unwatch() {
    if (source) source.close();
    source = null;
  }

  function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    fetch(location.href, { credentials: "same-origin", cache: "no-store" })
      .then(function (answer) {
        if (answer.redirected) {
          location.reload();
          return null;
        }
        // A server that is down for a moment takes nothing away that is still ours to see.
        return answer.status >= 500 ? null : answer.text();
      })
      .then(function (text) {
        if (text !== null) swap(new DOMParser().parseFromString(text, "text/html"));
      })
      .catch(function () {})
      .finally(function () {
        busy = false;
        if (again) {
          again = false;
          refresh();
        }
      });
  }

  function swap(fresh) {
    var main = document.getElementById("main");
    var next = fresh.getElementById("main");
    if (!next) return;
    ["freshness", "behind"].forEach(function (id) {
      var old = document.getElementById(id);
      var now = fresh.getElementById(id);
      if (old && now) old.replaceWith(document.importNode(now, true));
    });
    // The first half of what a page is known by is the page, the second one its frame, which is fresh by now.
    var known = function (text) { return (text || "").split(".")[0]; };
    if (fresh.body.dataset.seen && known(fresh.body.dataset.seen) === known(body.dataset.seen)) {
      body.dataset.seen = fresh.body.dataset.seen;
      return;
    }
    // What is being written stays as it is; beside it stands what others did meanwhile.
    if (main.querySelector("form[data-draft]") && next.querySelector("form[data-draft]")) {
      var news = document.getElementById("news");
      var latest = fresh.getElementById("news");
      if (news && latest) news.replaceChildren.apply(news, Array.prototype.map.call(latest.childNodes, function (n) { return document.importNode(n, true); }));
      body.dataset.seen = fresh.body.dataset.seen;
      return;
    }
    var ticked = Array.prototype.map.call(main.querySelectorAll("input[type=checkbox][name=id]:checked"), function (box) { return box.value; });
    var open = Array.prototype.map.call(main.querySelectorAll("details[open][id]"), function (d) { return d.id; });
    var at = path(document.activeElement, main);
    next = document.importNode(next, true);
    var wide = main.querySelector(".wide[data-scroll-x]");
    var left = wide ? wide.scrollLeft : null;
    main.replaceWith(next);
    wide = next.querySelector(".wide[data-scroll-x]");
    if (wide && left !== null) wide.scrollLeft = left;
    next.querySelectorAll("input[type=checkbox][name=id]").forEach(function (box) { box.checked = ticked.indexOf(box.value) >= 0; });
    open.forEach(function (id) {
      var details = document.getElementById(id);
      if (details) details.open = true;
    });
    if (at) {
      var target = find(at) || next;
      target.focus({ preventScroll: true });
    }
    document.title = fresh.title;
    if (fresh.body.dataset.live) {
      body.dataset.live = fresh.body.dataset.live;
      body.dataset.seen = fresh.body.dataset.seen;
    } else {
      delete body.dataset.live;
      delete body.dataset.seen;
      unwatch();
    }
    document.getElementById("announce").textContent = body.dataset.updated || "";
  }

  // A month that is wider than the screen opens on today, beside the names that stay in view.
  function toToday() {
    document.querySelectorAll("[data-scroll-x] [aria-current=date]").forEach(function (day) {
      var box = day.closest("[data-scroll-x]");
      var names = day.parentElement.firstElementChild;
      box.scrollLeft = Math.max(0, day.offsetLeft - (names ? names.offsetWidth : 0) - 4);
    });
  }

  // Where the focus was, so that it can be found again: the nearest id, and the place below it.
  function path(element, main) {
    if (!element || !main.contains(element)) return null;
    if (element === main) return { id: "main", link: null };
    var holder = element.closest("[id]");
    return { id: holder ? holder.id : "main", link: element.getAttribute("href"), tag: element.tagName };
  }

  function find(at) {
    var holder = document.getElementById(at.id);
    if (!holder || !at.tag) return holder;
    var like = Array.prototype.filter.call(holder.querySelectorAll(at.tag), function (e) {
      return e.getAttribute("href") === at.link;
    });
    return holder.tagName === at.tag && at.link === holder.getAttribute("href") ? holder : like[0] || null;
  }

  toToday();
  document.addEventListener("visibilitychange", function () {
    if (document.hidden) {
      unwatch();
    } else if (body.dataset.live) {
      refresh();
      watch();
    }
  });
  setInterval(function () {
    if (document.hidden && body.dataset.live) refresh();
  }, 30000);
  // Work under way shows how far it is. Without this file the page loads itself anew, which takes the
  // reader's place away (WCAG 2.2.1), so only there.
  setInterval(function () {
    if (!document.hidden && document.querySelector("main [data-again]")) refresh();
  }, 2000);
  window.addEventListener("pagehide", unwatch);
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) {
      refresh();
      watch();
    }
  });
  // A link to what is folded unfolds it, and what it lies in.
  function unfold() {
    var target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    var folded = false;
    for (var at = target; at; at = at.parentElement) if (at.tagName === "DETAILS" && !at.open) folded = at.open = true;
    if (folded) target.scrollIntoView();
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  // What is passed on is shown whole: where no address of ours is set, the server does not know its host.
  document.querySelectorAll("a[data-link]").forEach(function (link) { link.textContent = link.href; });

  // Review: a key presses what bears it, unless keys were switched off or something is being written.
  var off = function () {
    try { return localStorage.getItem("keys") === "off"; } catch (e) { return false; }
  };
  document.querySelectorAll("[data-keys]").forEach(function (line) {
    var box = line.querySelector("input");
    line.hidden = false;
    box.checked = !off();
    box.addEventListener("change", function () {
      try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch (e) { /* only for this page then */ }
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || off()) return;
    var at = event.target;
    if (at.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    if (!/^[1-9a-z]$/.test(event.key)) return;
    var one = document.querySelector('[data-asked] [data-key="' + event.key + '"]');
    if (one) {
      event.preventDefault();
      one.click();
    }
  });
  // A rule is counted while it is written, as the button does: once the writing rests, and never twice at once.
  var counted = document.querySelector("[data-live-count]");
  if (counted) {
    var form = counted.closest("form");
    var rest = null;
    var counting = null;
    form.addEventListener("input", function () {
      clearTimeout(rest);
      if (counting) counting.abort();
      counted.textContent = "";
      rest = setTimeout(function () {
        var fields = new URLSearchParams(new FormData(form));
        fields.set("do", "count");
        counting = new AbortController();
        fetch(form.action, { method: "POST", body: fields, credentials: "same-origin", signal: counting.signal })
          .then(function (answer) { return answer.ok && !answer.redirected ? answer.text() : ""; })
          .then(function (text) {
            // What is not finished yet has no count; its mistakes are told when the rule is tried.
            var found = text && new DOMParser().parseFromString(text, "text/html").querySelector("[data-count]");
            counted.textContent = found ? found.textContent : "";
          })
          .catch(function () {});
      }, 700);
    });
  }
  // A draft saves itself while it is written; the button does the same. Files go with the next save by hand.
  var due = null;
  var saving = false;
  function keep(form) {
    if (!document.contains(form)) return;
    if (saving) {
      due = setTimeout(keep, 1000, form);
      return;
    }
    var fields = new FormData(form);
    fields.delete("file");
    fields.delete("known");
    fields.set("act", "save");
    saving = true;
    var note = document.getElementById("saved");
    fetch(form.getAttribute("action"), { method: "POST", body: fields, credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (text) {
        var fresh = text && new DOMParser().parseFromString(text, "text/html").querySelector("form[data-draft] input[name=version]");
        if (fresh) form.querySelector("input[name=version]").value = fresh.value;
        note.textContent = fresh ? form.dataset.saved : form.dataset.unsaved;
      })
      .catch(function () { note.textContent = form.dataset.unsaved; })
      .finally(function () { saving = false; });
  }
  document.addEventListener("input", function (event) {
    var form = event.target.closest("form[data-draft]");
    if (!form || event.target.type === "file") return;
    clearTimeout(due);
    due = setTimeout(keep, 1500, form);
  });
  // A save under way would make the button's version an old one: it goes first.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("form[data-draft]")) return;
    clearTimeout(due);
    if (!saving) return;
    event.preventDefault();
    var pressed = event.submitter;
    var wait = setInterval(function () {
      if (saving) return;
      clearInterval(wait);
      form.requestSubmit(pressed);
    }, 50);
  });
  // Searching: the box works alone. With this the hits come while one types, without leaving the page, and
  // the arrows walk through them. What was found before stays until something new is there.
  var box = document.getElementById("q");
  var asking = null;
  var pause = null;
  var shownFor = box ? box.value.trim() : "";

  function results() {
    var inPage = document.querySelector("#main [data-results]");
    if (inPage) return inPage;
    var beside = document.getElementById("found");
    if (!beside) {
      beside = document.createElement("div");
      beside.id = "found";
      beside.className = "found-beside";
      beside.hidden = true;
      box.form.appendChild(beside);
    }
    return beside;
  }

  function leaveResults() {
    var beside = document.getElementById("found");
    if (beside) beside.hidden = true;
  }

  function seek() {
    var typed = box.value.trim();
    if (typed === shownFor) return;
    if (asking) asking.abort();
    asking = new AbortController();
    var address = base + "search?" + new URLSearchParams({ q: typed });
    fetch(address, { credentials: "same-origin", cache: "no-store", signal: asking.signal })
      .then(function (answer) {
        if (answer.redirected) location.reload();
        return answer.ok && !answer.redirected ? answer.text() : null;
      })
      .then(function (text) {
        if (text !== null) show(new DOMParser().parseFromString(text, "text/html"), typed, address);
      })
      .catch(function () {});
  }

  function show(fresh, typed, address) {
    var found = fresh.querySelector("#main [data-results]");
    if (!found) return;
    shownFor = typed;
    if (document.querySelector("#main [data-results]")) {
      history.replaceState(null, "", address);
      unwatch();
      swap(fresh);
      watch();
    } else {
      var beside = results();
      beside.replaceChildren(document.importNode(found, true));
      beside.hidden = typed === "";
    }
    document.getElementById("announce").textContent = found.dataset.sum || "";
  }

  if (box) {
    box.addEventListener("input", function () {
      clearTimeout(pause);
      pause = setTimeout(seek, 120);
    });
    box.addEventListener("focus", function () {
      var beside = document.getElementById("found");
      if (beside && box.value.trim() !== "") beside.hidden = false;
    });
    document.addEventListener("keydown", function (event) {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      var at = event.target;
      var writing = at.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
      if (event.key === "/" && !writing && !off()) {
        event.preventDefault();
        box.focus();
        box.select();
        return;
      }
      if (event.key === "Escape" && (at === box || at.closest("#found"))) {
        leaveResults();
        box.focus();
        return;
      }
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      var hits = Array.prototype.slice.call(results().querySelectorAll("[data-hit]"));
      var links = hits.map(function (hit) { return hit.querySelector("th a, .subject a"); });
      var now = hits.indexOf(at.closest("[data-hit]"));
      if (at !== box && now < 0) return;
      var next = event.key === "ArrowDown" ? now + 1 : now - 1;
      if (next >= links.length || links.length === 0 || (at === box && event.key === "ArrowUp")) return;
      event.preventDefault();
      (next < 0 ? box : links[next]).focus();
    });
    document.addEventListener("click", function (event) {
      if (!event.target.closest(".seek")) leaveResults();
    });
  }
  // On a narrow screen the navigation scrolls; where one is stays in sight.
  var here = document.querySelector(".bar nav [aria-current]");
  if (here) here.parentNode.scrollLeft = here.offsetLeft - (here.parentNode.clientWidth - here.offsetWidth) / 2;
  watch();
})();
