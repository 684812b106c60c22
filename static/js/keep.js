/* Typed text outlives a swap. Before a fragment is replaced, what a person has changed in its fields is remembered and put back into fields
   of the same form and name, unless the form itself was just sent and accepted. Passwords and files are never touched. */
"use strict";
(() => {
  const FIELDS = "input:not([type=password], [type=hidden], [type=file], [type=submit], [type=button]), textarea, select";

  const isTick = (field) => field.type === "radio" || field.type === "checkbox";
  const keyOf = (field) => `${field.form?.id || ""}/${field.name}/${isTick(field) ? field.value : ""}`;

  function isChanged(field) {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
    return field.value !== field.defaultValue;
  }

  function remember(acceptedForm) {
    const found = new Map();
    document.querySelectorAll(FIELDS).forEach((field) => {
      if (!field.name || !field.form?.id || field.form === acceptedForm || !isChanged(field)) return;
      found.set(keyOf(field), isTick(field) ? field.checked : field.value);
    });
    return found;
  }

  function putBack(values) {
    const changed = new Set();
    document.querySelectorAll(FIELDS).forEach((field) => {
      const key = keyOf(field);
      if (!values.has(key) || isChanged(field)) return;
      if (isTick(field)) field.checked = values.get(key);
      else field.value = values.get(key);
      changed.add(field);
    });
    changed.forEach((field) => field.dispatchEvent(new Event("change", { bubbles: true })));
  }

  let kept = new Map();
  let openFolds = new Set();

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    if (!event.detail.shouldSwap || !target) return;
    const sent = requestConfig.elt.closest("form");
    const isAccepted = requestConfig.verb !== "get" && xhr.status < 400;
    remember(isAccepted ? sent : null).forEach((value, key) => kept.set(key, value));
    if (isAccepted && sent?.id) [...kept.keys()].filter((key) => key.startsWith(`${sent.id}/`)).forEach((key) => kept.delete(key));
    document.querySelectorAll("details[id][open]:not(.menu)").forEach((fold) => openFolds.add(fold.id));
  });

  document.addEventListener("htmx:afterSettle", () => {
    putBack(kept);
    kept = new Map();
    openFolds.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    openFolds = new Set();
  });

  /* Leaving a half-written note by accident asks first; only text counts, a chosen radio is quickly chosen again. */
  window.addEventListener("beforeunload", (event) => {
    const unsent = [...document.querySelectorAll("form[data-send] textarea")].some((field) => field.value.trim() && isChanged(field) && !field.form.dataset.sent);
    if (unsent) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-send]")) event.target.dataset.sent = "1";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-send]");
    if (form && !event.detail.successful) delete form.dataset.sent;
  });
})();
