"use strict";
// Keeps the marked parts of a page as they are on the server. It only ever puts in what the server has escaped.
(() => {
  const theme = (() => { try { return localStorage.getItem("lamplighter-theme"); } catch { return null; } })();
  if (theme === "light" || theme === "dark") { document.documentElement.dataset.theme = theme; }
  const PAUSE = 1500;
  const sign = document.getElementById("live");
  const only = document.body.dataset.incident;
  const words = (text) => { sign.textContent = text; };
  let due = false;
  let busy = false;

  async function refresh() {
    due = false;
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok) { return; }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const old of document.querySelectorAll("[data-live]")) {
        const now = fresh.getElementById(old.id);
        if (!now || now.innerHTML === old.innerHTML || old.contains(document.activeElement)) { continue; }
        for (const open of old.querySelectorAll("details[open]")) { now.querySelector("#" + CSS.escape(open.id))?.setAttribute("open", ""); }
        old.replaceWith(document.importNode(now, true));
      }
    } catch (problem) {
      words("○ not reached");
    } finally {
      setTimeout(() => { busy = false; if (due) { wanted(); } }, PAUSE);
    }
  }

  function wanted() {
    due = true;
    if (!busy && !document.hidden) { setTimeout(() => { if (due && !busy) { refresh(); } }, 200); }
  }

  if (!document.querySelector("[data-live]")) { return; }
  const stream = new EventSource("/api/v1/events");
  stream.addEventListener("open", () => { words("● live"); wanted(); });
  stream.addEventListener("error", () => words("○ reconnecting"));
  document.addEventListener("visibilitychange", () => { if (due) { wanted(); } });
  for (const moment of document.body.dataset.moments.split(" ")) {
    stream.addEventListener(moment, (event) => {
      if (!only || JSON.parse(event.data).incident_id === only) { wanted(); }
    });
  }
})();

// Copies a query. Without this its button is not shown, and one click on the query marks the whole of it.
(() => {
  const SHOWN = 1500;

  function mark(code) {
    const range = document.createRange();
    range.selectNodeContents(code);
    const marked = getSelection();
    marked.removeAllRanges();
    marked.addRange(range);
  }

  async function copy(code) {
    // Browsers give the clipboard only to pages that came encrypted or from this machine.
    if (navigator.clipboard) {
      try { await navigator.clipboard.writeText(code.textContent); return true; } catch { /* the old way is left */ }
    }
    mark(code);
    return document.execCommand("copy");
  }

  document.documentElement.classList.add("scripted");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy");
    const code = button?.closest(".query")?.querySelector("code");
    if (!code) { return; }
    button.textContent = await copy(code) ? "copied" : "marked: press Ctrl+C";
    setTimeout(() => {
      button.textContent = "copy";
      // A part that holds the focus is not refreshed; a pointer does not need it there.
      if (event.detail > 0) { button.blur(); }
    }, SHOWN);
  });
})();
