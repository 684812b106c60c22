/* Keeps drafts of decision forms across a reload, a visit to another page and a sign-in in another tab. Drafts are stored in this tab
   (sessionStorage) under the person who wrote them, and are removed on submit, on sign-out and when another person signs in. Fields that the
   server filled are not overwritten. */
"use strict";
(() => {
  const KEY = "desk-drafts";
  const FIELDS = "textarea[name], select[name], input[type=radio][name]";
  const reader = () => document.body.dataset.person || "";

  function read() {
    try {
      const stored = JSON.parse(sessionStorage.getItem(KEY) || "{}");
      return stored.person === reader() ? stored.drafts : {};
    } catch {
      return {};
    }
  }

  function write(drafts) {
    try {
      if (Object.keys(drafts).length) sessionStorage.setItem(KEY, JSON.stringify({ person: reader(), drafts }));
      else sessionStorage.removeItem(KEY);
    } catch { /* without sessionStorage the page asks before leaving, as for every other form */ }
  }

  function typedInto(form) {
    const typed = {};
    form.querySelectorAll(FIELDS).forEach((field) => {
      if (field.type === "radio" ? field.checked : field.value.trim()) typed[field.name] = field.value;
    });
    return typed;
  }

  function store(form) {
    const drafts = read();
    const typed = typedInto(form);
    delete drafts[form.dataset.draft];
    if (Object.keys(typed).length) drafts[form.dataset.draft] = typed;
    write(drafts);
  }

  const sent = new WeakSet();

  function drop(form) {
    const drafts = read();
    sent.add(form);
    delete drafts[form.dataset.draft];
    write(drafts);
  }

  function fill(form, typed) {
    const changed = [];
    form.querySelectorAll(FIELDS).forEach((field) => {
      if (!(field.name in typed)) return;
      if (field.type === "radio") {
        if (field.value !== typed[field.name] || field.disabled || form.elements[field.name].value) return;
        field.checked = true;
      } else if (!field.value) field.value = typed[field.name];
      else return;
      changed.push(field);
    });
    changed.forEach((field) => field.dispatchEvent(new Event("change", { bubbles: true })));
    return changed.length > 0;
  }

  function restoreDrafts() {
    const drafts = read();
    write(drafts);    /* removes the drafts of another person */
    document.querySelectorAll("form[data-draft]").forEach((form) => {
      const typed = drafts[form.dataset.draft];
      const hint = form.querySelector("[data-draft-back]");
      if (typed && fill(form, typed) && hint) hint.hidden = false;
    });
  }

  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest?.("form[data-draft]");
      if (!form || !event.isTrusted) return;
      sent.delete(form);
      store(form);
    });
  }
  /* The picker sets the reason by script, which fires no trusted event. */
  for (const name of ["picker:picked", "picker:cleared"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest?.("form[data-draft]");
      if (form) store(form);
    });
  }
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const form = requestConfig.elt.closest?.("form[data-draft]");
    if (form && requestConfig.verb !== "get" && xhr.status < 400) drop(form);
  });
  /* A sign-out in another tab clears sessionStorage for this tab too; unsent forms of this page are stored again. */
  let isOver = false;
  window.addEventListener("pagehide", () => {
    if (isOver) return;
    [...document.querySelectorAll("form[data-draft]")].filter((form) => !sent.has(form)).forEach(store);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches('form[action$="/sign-out/"]')) return;
    isOver = true;
    sessionStorage.clear();
  });
  document.addEventListener("desk:other-user", () => {
    isOver = true;
    write({});
    document.querySelectorAll("form").forEach((form) => form.reset());
    document.querySelectorAll("#panel textarea").forEach((field) => { field.defaultValue = ""; });
    document.querySelectorAll("#panel input[type=radio]").forEach((field) => { field.checked = false; });
    document.querySelectorAll("#panel select").forEach((field) => { field.value = ""; });
    document.querySelectorAll("[data-draft-back]").forEach((hint) => { hint.hidden = true; });
    document.querySelectorAll("form[data-draft] textarea").forEach((field) => field.dispatchEvent(new Event("change", { bubbles: true })));
  });
  document.addEventListener("DOMContentLoaded", restoreDrafts);
})();
