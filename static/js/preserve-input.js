/* Preserves input when htmx replaces a fragment: changed fields are remembered and restored into fields of the same form and name, unless
   that form was just submitted and accepted. Passwords and files are never touched. */
"use strict";
(() => {
  const FIELDS = "input:not([type=password], [type=hidden], [type=file], [type=submit], [type=button]), textarea, select";

  const isTick = (field) => field.type === "radio" || field.type === "checkbox";
  const keyOf = (field) => `${field.form?.id || ""}/${field.name}/${isTick(field) ? field.value : ""}`;

  function isChanged(field) {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    if (field.matches("select")) return field.value !== ([...field.options].find((option) => option.defaultSelected) || field.options[0])?.value;
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

  function restore(values) {
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

  let remembered = new Map();
  let isPoll = false;
  let openFolds = new Set();
  let lostFocusOf = "";

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    if (!event.detail.shouldSwap || !target) return;
    const sent = requestConfig.elt.closest("form");
    const isAccepted = requestConfig.verb !== "get" && xhr.status < 400;
    remember(isAccepted ? sent : null).forEach((value, key) => remembered.set(key, value));
    if (isAccepted && sent?.id) [...remembered.keys()].filter((key) => key.startsWith(`${sent.id}/`)).forEach((key) => remembered.delete(key));
    document.querySelectorAll("details[id][open]:not(.menu)").forEach((fold) => openFolds.add(fold.id));
    isPoll = requestConfig.elt.id === "watch";
    if (!isPoll && target.id && target.contains(document.activeElement)) lostFocusOf = target.id;
  });

  /* Polling replaces the decision panel when the case changes. It must not discard input, and must not bind a verdict to evidence that the
     reader has not seen: in these cases the panel stays and a notice is shown. */
  const rulingOf = (panel) => panel.querySelector("form[data-decision]:not([data-off])");

  function reasonToKeep(panel, fresh) {
    const [here, there] = [rulingOf(panel), rulingOf(fresh)];
    if (here && there) return here.elements.seen.value === there.elements.seen.value ? "same" : "other";
    const typed = [...panel.querySelectorAll("textarea")].filter((field) => field.form && !field.readOnly && field.value.trim());
    return typed.some((field) => !fresh.querySelector(`form#${CSS.escape(field.form.id)}`)) ? "gone" : "";
  }

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const fresh = event.detail.fragment.firstElementChild;
    const panel = document.getElementById("panel");
    if (!isPoll || !panel || fresh?.id !== "panel") return;
    const why = reasonToKeep(panel, fresh);
    if (!why) return;
    event.detail.shouldSwap = false;
    const bar = panel.querySelector("[data-moved-on]");
    if (!bar || why === "same") return;
    bar.querySelectorAll(`[data-${why}]`).forEach((part) => { part.textContent = part.dataset[why]; });
    bar.hidden = false;
  });

  document.addEventListener("htmx:afterSettle", () => {
    restore(remembered);
    remembered = new Map();
    openFolds.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    openFolds = new Set();
    const place = lostFocusOf && document.getElementById(lostFocusOf);
    lostFocusOf = "";
    if (!place || document.activeElement !== document.body) return;
    if (!place.hasAttribute("tabindex")) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
  });

  /* Ask before leaving with an unsent note. Only text counts; a radio button is quickly selected again. */
  window.addEventListener("beforeunload", (event) => {
    const unsent = [...document.querySelectorAll("form[data-send] textarea")].some((field) => field.value.trim() && isChanged(field) && !field.form.dataset.sent && !field.form.dataset.leaving);
    if (unsent) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-send]")) event.target.dataset.sent = "1";
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) document.querySelectorAll("form[data-draft]").forEach((form) => { form.dataset.leaving = "1"; });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-send]");
    const status = event.detail.xhr?.status || 0;
    if (form && (status < 200 || status >= 400)) delete form.dataset.sent;
  });
})();
