/* Forms with checks: kinds and settings follow the chosen account, rows are removed, and an incomplete date is not lost. Without this file all
   kinds and settings are offered, and the server checks them. */
"use strict";
(() => {
  const ACCOUNT = "select[name$=account]:has(option[data-kinds])";
  const sibling = (account, name) => account.form.elements[account.name.replace(/account$/, name)];
  const listed = (option, name) => (option?.dataset[name] || "").split(" ").filter(Boolean);

  function followKinds(account, chosen) {
    const kind = sibling(account, "kind");
    if (!kind?.options) return;
    const offered = listed(chosen, "kinds");
    [...kind.options].forEach((option) => { option.hidden = option.disabled = Boolean(offered.length && option.value && !offered.includes(option.value)); });
    if (kind.selectedOptions[0]?.disabled) kind.value = "";
    if (offered.length === 1) kind.value = offered[0];
  }

  function followSettings(account, chosen) {
    const needed = listed(chosen, "settings");
    const known = new Set([...account.options].flatMap((option) => listed(option, "settings")));
    known.forEach((name) => {
      const field = sibling(account, name);
      if (field) field.closest(".field").hidden = !needed.includes(name) && !field.value;
    });
  }

  function follow(account) {
    const chosen = account.value ? account.selectedOptions[0] : null;
    followKinds(account, chosen);
    followSettings(account, chosen);
  }

  function start() {
    document.querySelectorAll(ACCOUNT).forEach((account) => {
      const kind = sibling(account, "kind");
      /* A kind that the server refused stays visible beside its error. */
      if (kind?.getAttribute("aria-invalid") === "true") followSettings(account, account.value ? account.selectedOptions[0] : null);
      else follow(account);
    });
    document.querySelectorAll("[data-remove-row]").forEach((button) => { button.hidden = !button.closest("details").open; });
  }

  const fieldsOf = (row) => [...row.querySelectorAll("input, select, textarea")];

  document.addEventListener("change", (event) => {
    if (event.target.matches?.(ACCOUNT)) follow(event.target);
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest("details[data-check-row]");
    const button = event.target.closest("[data-remove-row] button");
    if (button) {
      event.preventDefault();
      fieldsOf(row).forEach((field) => { field.value = ""; });
      row.open = false;
      start();
      row.querySelector("summary").focus();
    } else if (row?.open && event.target.closest("summary") && fieldsOf(row).some((field) => field.value)) {
      event.preventDefault();    /* a closed row would still be sent: it is removed by its button */
    }
  });

  document.addEventListener("toggle", (event) => {
    const row = event.target;
    if (!row.matches?.("details[data-check-row]")) return;
    row.querySelector("[data-remove-row]").hidden = !row.open;
    if (row.open && !row.closest("form").querySelector("[aria-invalid=true]")) row.querySelector("select")?.focus();
  }, true);

  /* The value of a half-typed date is empty: without this the form would be sent without it. */
  document.addEventListener("submit", (event) => {
    const date = event.target.querySelector("input[type=date]:invalid");
    if (!date?.validity.badInput) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    date.reportValidity();
  }, true);

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:load", start);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.elt.id === "new-case") document.querySelector("#new-case [aria-invalid=true]:not([hidden])")?.focus();
  });
})();
