/* Single-key shortcuts. A control declares its key in aria-keyshortcuts, or two keys in sequence in data-keys; this file activates it. Disabled in
   text fields, in open dialogs and with <body data-single-keys="off">; Ctrl+Enter and Escape always work. */
"use strict";
(() => {
  const TEXT = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit], [type=reset], [type=range])";

  const isTyping = (element) => element instanceof Element && element.matches(TEXT);
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[inert]");
  const isUsable = (element) => isShown(element) && !element.disabled && element.getAttribute("aria-disabled") !== "true";

  function controlFor(key) {
    const named = document.querySelectorAll(`[aria-keyshortcuts~="${CSS.escape(key)}"]`);
    return [...named].find(isUsable) || null;
  }

  /* The first key of a sequence waits this long for the second. */
  const SEQUENCE_MS = 1500;
  let firstKey = "";
  let firstAt = 0;

  const sequences = () => [...document.querySelectorAll("[data-keys]")].filter(isUsable);

  function isFirstKey(key) {
    if (!sequences().some((control) => control.dataset.keys.startsWith(`${key} `))) return false;
    [firstKey, firstAt] = [key, Date.now()];
    return true;
  }

  /* The control of the sequence that this key ends. */
  function endOfSequence(key) {
    const before = Date.now() - firstAt < SEQUENCE_MS ? firstKey : "";
    firstKey = "";
    return before ? sequences().find((control) => control.dataset.keys === `${before} ${key}`) : null;
  }

  const goesAway = (control) => control.matches("a[href], [type=submit]");

  function press(control) {
    if (control.matches(TEXT)) {
      control.focus();
      if (control.select) control.select();
      return;
    }
    if (control.type === "radio") control.focus();
    control.click();
    control.dispatchEvent(new CustomEvent("desk:pressed", { bubbles: true }));
  }

  /* j and k move through the case list; links with these keys on the page take precedence. */
  function step(by) {
    const rows = [...document.querySelectorAll("[data-row]:not(.is-gone)")].filter(isShown);
    if (!rows.length) return false;
    const here = rows.findIndex((row) => row.classList.contains("is-here"));
    const next = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1);
    rows[next].querySelector("[id^=open-]")?.focus();
    rows[next].scrollIntoView({ block: "nearest" });
    return true;
  }

  /* The form with the focus; otherwise the decision form, or the only form of a page without a panel. Hidden forms are skipped; when the button
     is disabled, the focus moves to the panel, which states the reason. */
  function formToSend(target) {
    const own = target.closest?.("form");
    if (own) return own.matches("[data-send]") ? own : null;
    if (target.closest?.("dialog") || document.querySelector("dialog[open]")) return null;
    const panel = document.getElementById("panel");
    return [...document.querySelectorAll(panel ? "#panel form[data-rules]" : "form[data-send]")].find(isShown) || null;
  }

  function send(event) {
    const form = formToSend(event.target);
    if (!form) return;
    event.preventDefault();
    if (event.repeat) return;
    const button = form.querySelector("[aria-keyshortcuts~='Control+Enter']");
    if (button && !isUsable(button)) document.getElementById("panel")?.focus();
    else form.requestSubmit(button || undefined);
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      send(event);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    if (document.body.dataset.singleKeys === "off" || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const here = document.querySelector("[data-row].is-here");
    const control = endOfSequence(event.key) || (here && event.key === "c" && [...here.querySelectorAll("button")].find(isUsable)) || controlFor(event.key);
    if (control) {
      event.preventDefault();
      if (!event.repeat || !goesAway(control)) press(control);
    } else if (event.key === " " && here && !event.target.closest("button, summary")) {
      event.preventDefault();
      here.dispatchEvent(new CustomEvent("desk:peek", { bubbles: true }));
    } else if (isFirstKey(event.key)) {
      event.preventDefault();
    } else if ((event.key === "j" || event.key === "k") && step(event.key === "j" ? 1 : -1)) {
      event.preventDefault();
    }
  });

  /* The selected row is the one that had the focus last, whether by mouse, Tab or j/k. */
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest?.("[data-row]");
    if (!row || row.classList.contains("is-here")) return;
    document.querySelectorAll("[data-row].is-here").forEach((other) => other.classList.remove("is-here"));
    row.classList.add("is-here");
  });
})();
