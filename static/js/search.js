/* The search field: suggestions while a person types (combobox with listbox), and results in place. The words can be a name or a number of a
   document, so they are in no address: this tab keeps the last search, and the results are there again on the way back. Without this file the
   form is sent as usual. */
"use strict";
(() => {
  const KEY = "desk-search";
  const field = () => document.getElementById("q");
  const box = () => document.getElementById("q-suggestions");
  const options = () => [...(box()?.querySelectorAll("[role=option]") || [])];
  const chosen = () => options().find((option) => option.getAttribute("aria-selected") === "true");
  const reader = () => document.body.dataset.person || "";

  function mark(option) {
    options().forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (option) field().setAttribute("aria-activedescendant", option.id);
    else field().removeAttribute("aria-activedescendant");
  }

  function show(isOpen) {
    const opens = isOpen && options().length > 0 && document.activeElement === field();
    box().hidden = !opens;
    field().setAttribute("aria-expanded", String(opens));
    mark(opens ? chosen() : null);
  }

  function step(by) {
    const all = options();
    if (box().hidden) show(true);
    else if (all.length) mark(all[(all.indexOf(chosen()) + by + all.length) % all.length] || all[0]);
  }

  function remembered() {
    try {
      const { person, text } = JSON.parse(sessionStorage.getItem(KEY) || "{}");
      return person === reader() ? text || "" : "";
    } catch {
      return "";
    }
  }

  const results = () => document.getElementById("search-results");
  let isSearching = false;

  function search(form) {
    show(false);
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ person: reader(), text: field().value.trim() }));
    } catch {
      form.submit();
      return;
    }
    if (results()) fetchResults();
    else window.location.assign(form.action);
  }

  function fetchResults() {
    isSearching = true;
    window.htmx.trigger(results(), "desk:search");
  }

  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-search]")) return;
    event.preventDefault();
    const option = box().hidden ? null : chosen();
    if (option) window.location.assign(option.dataset.href);
    else search(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target !== field()) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && !box().hidden) {
      event.preventDefault();
      show(false);
    }
  });
  /* A press on an option must not take the focus away, or the list would close first. */
  document.addEventListener("mousedown", (event) => { if (event.target.closest?.("#q-suggestions")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const option = event.target.closest?.("#q-suggestions [role=option]");
    if (option) window.location.assign(option.dataset.href);
  });
  document.addEventListener("focusin", (event) => { if (event.target === field()) show(true); });
  document.addEventListener("focusout", (event) => { if (event.target === field()) show(false); });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === box()) show(true);
    else if (isSearching && !event.detail.target?.closest?.("[data-search]")) {
      isSearching = false;
      (results()?.querySelector("[id^=open-]") || field()).focus();
    }
  });
  document.addEventListener("DOMContentLoaded", () => {
    const text = remembered();
    if (!text || !results() || results().querySelector("[data-searched]")) return;
    field().value = text;
    fetchResults();
  });
})();
