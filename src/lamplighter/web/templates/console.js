"use strict";
// What a page of the console does by itself: keys, light and dark, times as people say them, asking before it acts.
(() => {
  const root = document.documentElement;
  const THEME = "lamplighter-theme";
  const stored = (() => { try { return localStorage.getItem(THEME); } catch { return null; } })();
  if (stored === "light" || stored === "dark") { root.dataset.theme = stored; }
  // A screen on the wall is opened by its address, and shows nothing but the page.
  const WALL = "kiosk";
  root.toggleAttribute("data-kiosk", new URLSearchParams(location.search).has(WALL));
  const say = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });
  const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [Infinity, "day", 86400]];

  const TOAST = 9000;
  let shown = "";
  let placed = false;
  let answered = "";

  function told(at) {
    const seconds = Math.round((at - Date.now()) / 1000);
    const size = Math.abs(seconds);
    if (size < 5) { return "now"; }
    const [, unit, length] = STEPS.find(([limit]) => size < limit);
    return say.format(Math.trunc(seconds / length), unit);
  }

  function tidy(part) {
    for (const time of part.querySelectorAll("time[data-relative]")) {
      const words = told(Date.parse(time.dateTime));
      if (time.textContent !== words) { time.textContent = words; }
    }
    const here = placed ? null : part.querySelector("nav a[aria-current]");
    if (here) { placed = true; here.scrollIntoView({ block: "nearest", inline: "center" }); }
    const reply = part.querySelector(".reply .box");
    if (reply && answered !== reply.textContent) { answered = reply.textContent; reply.scrollIntoView({ block: "nearest" }); }
    const toast = part.querySelector(".toast:not([hidden])");
    if (toast && shown !== toast.dataset.number) {
      const number = shown = toast.dataset.number;
      setTimeout(() => { if (toast.dataset.number === number) { toast.hidden = true; } }, TOAST);
    }
  }

  function dialog(id) {
    const made = document.createElement("dialog");
    made.id = id;
    document.body.append(made);
    made.addEventListener("click", (event) => { if (event.target === made) { made.close(""); } });
    return made;
  }

  function part(name, text, values = {}) {
    const made = document.createElement(name);
    if (text) { made.textContent = text; }
    for (const [key, value] of Object.entries(values)) { made.setAttribute(key, value); }
    return made;
  }

  // Asks before an act. What was written meanwhile goes into the values that are sent.
  function sure(asker) {
    return new Promise((answer) => {
      const box = document.getElementById("sure") ?? dialog("sure");
      const form = part("form", "", { method: "dialog" });
      form.append(part("h2", asker.dataset.yes ?? "Sure?"), part("p", asker.dataset.ask));
      let typed = null;
      let reason = null;
      if (asker.dataset.type) {
        typed = part("input", "", { autocomplete: "off", required: "" });
        const label = part("label", `This is risky. Type ${asker.dataset.type} to go on`);
        label.append(typed);
        form.append(label);
      }
      if (asker.dataset.reason) {
        reason = part("input", "", { maxlength: "2000", autocomplete: "off" });
        const label = part("label", asker.dataset.reason);
        label.append(reason);
        form.append(label);
      }
      const buttons = part("p", "", { class: "buttons" });
      const yes = part("button", asker.dataset.yes ?? "Yes", { value: "yes", class: "go" });
      const no = part("button", "Leave it", { value: "", class: "quiet", formnovalidate: "" });
      buttons.append(yes, no);
      form.append(buttons);
      form.addEventListener("submit", (event) => {
        if (event.submitter === yes && typed && typed.value.trim() !== asker.dataset.type) {
          event.preventDefault();
          typed.setCustomValidity(`type ${asker.dataset.type}`);
          typed.reportValidity();
          typed.addEventListener("input", () => typed.setCustomValidity(""), { once: true });
        }
      });
      box.replaceChildren(form);
      box.setAttribute("aria-label", asker.dataset.yes ?? "confirm");
      box.addEventListener("close", () => {
        answer(box.returnValue === "yes" ? { reason: reason?.value ?? "" } : null);
        asker.focus?.();
      }, { once: true });
      box.returnValue = "";
      box.showModal();
      (typed ?? reason ?? yes).focus();
    });
  }

  const KEYS = [["/", "search"], ["g o", "overview"], ["g i", "incidents"], ["g a", "approvals"], ["g c", "components"], ["g s", "settings"], ["g m", "my account"], ["g p", "people and tokens"], ["j / k", "next, previous incident in a list"], ["q", "ask about this incident"], ["a", "approve, after asking"], ["e", "edit the plan that is asked about"], ["p", "pause or resume, after asking"], ["t", "dark or light"], ["w", "as on a wall: large, without the menu"], ["?", "this help"], ["Esc", "close"]];

  function help() {
    const box = document.getElementById("help") ?? dialog("help");
    const form = part("form", "", { method: "dialog" });
    form.append(part("h2", "Keyboard"));
    const list = part("dl");
    for (const [key, words] of KEYS) {
      if (key === "g p" && !there(PLACES.p)) { continue; }
      const term = part("dt");
      for (const one of key.split(" ")) { term.append(one === "/" && key !== "/" ? "/" : part("kbd", one), " "); }
      list.append(term, part("dd", words));
    }
    form.append(list, part("button", "Close", { class: "quiet" }));
    box.replaceChildren(form);
    box.setAttribute("aria-label", "keyboard help");
    if (!box.open) { box.showModal(); }
  }

  function theme() {
    const light = root.dataset.theme ? root.dataset.theme === "light" : matchMedia("(prefers-color-scheme: light)").matches;
    root.dataset.theme = light ? "dark" : "light";
    try { localStorage.setItem(THEME, root.dataset.theme); } catch { /* for this page alone then */ }
  }

  function wall() {
    const address = new URL(location.href);
    if (root.toggleAttribute("data-kiosk")) { address.searchParams.set(WALL, ""); } else { address.searchParams.delete(WALL); }
    history.replaceState(history.state, "", address);
  }

  const PLACES = { o: "/", i: "/incidents", a: "/approvals", c: "/components", s: "/settings", m: "/account", p: "/people" };
  // What a person may not see is not in the menu, and no key leads there.
  const there = (address) => address !== PLACES.p || document.querySelector(`.who a[href="${address}"]`) !== null;
  let going = 0;

  function walk(step) {
    const links = [...document.querySelectorAll("td.title a.id, .rows a.id")];
    if (!links.length) { return; }
    const place = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, place + step))].focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) { return; }
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) {
      if (event.key === "Escape") { event.target.blur(); }
      return;
    }
    if (Date.now() - going < 1500 && PLACES[event.key] && there(PLACES[event.key])) { location.assign(PLACES[event.key]); return; }
    going = event.key === "g" ? Date.now() : 0;
    const acts = {
      "/": () => document.getElementById("search")?.focus(),
      "?": help,
      q: () => document.getElementById("question")?.focus(),
      a: () => document.querySelector("button[data-key=a]")?.click(),
      e: () => {
        const edit = document.querySelector("details.edit");
        if (edit) { edit.open = true; edit.querySelector("input").focus(); }
      },
      p: () => document.querySelector("button[data-act=pause], button[data-act=resume]")?.click(),
      t: theme,
      w: wall,
      j: () => walk(1),
      k: () => walk(-1),
    };
    if (acts[event.key]) { event.preventDefault(); acts[event.key](); }
  });

  // A text of the server to read, copy or keep as a file. It is put in as text and as nothing else.
  function reading(words, text, name, address) {
    const box = document.getElementById("text") ?? dialog("text");
    const form = part("form", "", { method: "dialog" });
    const field = part("textarea", "", { rows: "16", readonly: "", "aria-label": words });
    field.value = text;
    const buttons = part("p", "", { class: "buttons" });
    if (name) {
      buttons.append(part("a", "Save as file", { class: "button", download: name, href: address }));
      buttons.append(part("button", "Copy", { type: "button", class: "quiet", "data-copy-from": address }));
    }
    buttons.append(part("button", "Close", { class: "quiet" }));
    form.append(part("h2", name ? words : "Press Ctrl+C"), field, buttons);
    box.replaceChildren(form);
    box.setAttribute("aria-label", words);
    box.classList.toggle("wide", Boolean(name));
    box.showModal();
    if (name) { field.setSelectionRange(0, 0); field.scrollTop = 0; } else { field.select(); }
  }

  // What is copied is fetched first; where the clipboard is not to be had, it is shown and marked.
  async function fetched(button) {
    const words = button.textContent;
    const say = (text) => { button.textContent = text; setTimeout(() => { button.textContent = words; }, 2500); };
    try {
      const address = button.dataset.copyFrom ?? button.dataset.showFrom;
      const answer = await fetch(address, { headers: { Accept: "text/markdown" }, cache: "no-store" });
      if (!answer.ok) { say("not to be had now"); return; }
      const text = await answer.text();
      if (button.dataset.showFrom) { reading(words, text, button.dataset.name, address); return; }
      if (navigator.clipboard) { try { await navigator.clipboard.writeText(text); say("copied"); return; } catch { /* show it then */ } }
      reading(words, text);
    } catch { say("not reached"); }
  }

  async function copied(code) {
    // Browsers give the clipboard only to pages that came encrypted or from this machine.
    if (navigator.clipboard) { try { await navigator.clipboard.writeText(code.textContent); return true; } catch { /* mark it then */ } }
    const range = document.createRange();
    range.selectNodeContents(code);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button");
    if (!button) { return; }
    if (button.matches("[data-theme-switch]")) { theme(); }
    if (button.matches("[data-help]")) { help(); }
    if (button.matches("[data-hold]")) {
      const held = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(held));
      button.textContent = held ? "go on" : "pause";
      button.closest(".pane").dispatchEvent(new CustomEvent("hold", { detail: held }));
    }
    if (button.matches("[data-copy-from], [data-show-from]")) { await fetched(button); }
    if (button.matches("[data-copy]")) {
      const code = button.closest(".query")?.querySelector("code");
      button.dataset.words ??= button.textContent;
      if (code) { button.textContent = (await copied(code)) ? "copied" : "marked: press Ctrl+C"; setTimeout(() => { button.textContent = button.dataset.words; }, 1500); }
    }
  });

  setInterval(() => { if (!document.hidden) { tidy(document); } }, 5000);
  setInterval(() => {
    const live = globalThis.did_handshake === true && globalThis.socket?.connected ? "yes" : "no";
    if (root.dataset.live !== live) { root.dataset.live = live; }
  }, 250);
  globalThis.lamplighter = { tidy, sure };
})();
