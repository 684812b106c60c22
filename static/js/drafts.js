/* What is typed into a form that rules on a case outlives a reload, a visit to another page, and a sign-in in another tab. It stays in the
   memory of this tab alone (sessionStorage), under the person it was shown to; it goes when it is sent, at sign-out, and as soon as anybody
   else's page is shown here. Fields that the server filled are left as they came. */
"use strict";
(() => {
  const KEY = "desk-drafts";
  const FIELDS = "textarea[name], select[name], input[type=radio][name]";
  const reader = () => document.body.dataset.person || "";

  function read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) || "{}");
      return kept.person === reader() ? kept.drafts : {};
    } catch {
      return {};
    }
  }

  function write(drafts) {
    try {
      if (Object.keys(drafts).length) sessionStorage.setItem(KEY, JSON.stringify({ person: reader(), drafts }));
      else sessionStorage.removeItem(KEY);
    } catch { /* without a memory the page asks before it is left, as for every other form */ }
  }

  function typedInto(form) {
    const typed = {};
    form.querySelectorAll(FIELDS).forEach((field) => {
      if (field.type === "radio" ? field.checked : field.value.trim()) typed[field.name] = field.value;
    });
    return typed;
  }

  function keep(form) {
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

  function bringBack() {
    const drafts = read();
    write(drafts);    /* and with it goes what another person left */
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
      keep(form);
    });
  }
  /* A reason is chosen by script, in the list of the picker. */
  for (const name of ["picker:picked", "picker:cleared"]) {
    document.addEventListener(name, (event) => {
      const form = event.target.closest?.("form[data-draft]");
      if (form) keep(form);
    });
  }
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const form = requestConfig.elt.closest?.("form[data-draft]");
    if (form && requestConfig.verb !== "get" && xhr.status < 400) drop(form);
  });
  /* A sign-out in another tab empties this memory, too; whoever goes on here has not signed out of this page. */
  let isOver = false;
  window.addEventListener("pagehide", () => {
    if (isOver) return;
    [...document.querySelectorAll("form[data-draft]")].filter((form) => !sent.has(form)).forEach(keep);
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
  document.addEventListener("DOMContentLoaded", bringBack);
})();
