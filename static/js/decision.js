/* Adapts the decision panel to the selected verdict: matching reasons, button label, required note, extra fields. The server validates
   everything again; without this file all fields are shown and the button says "Decide". */
"use strict";
(() => {
  const formOf = (element) => element.closest?.("form[data-decision]");
  const verdictOf = (form) => form.querySelector("input[name=verdict]:checked");
  const reasonsOf = (form) => form.querySelector("select[name=reason]");

  function offerReasons(form, verdict) {
    const select = reasonsOf(form);
    if (!select) return;
    [...select.options].forEach((option) => {
      const justifies = !(verdict?.dataset.override && option.dataset.notForOverrides);
      const fits = !option.value || !verdict || (justifies && (option.dataset.verdicts || "").split(" ").includes(verdict.value));
      option.hidden = !fits;
      option.disabled = !fits;
      if (!fits && option.selected) select.value = "";
    });
    [...select.querySelectorAll("optgroup")].forEach((group) => { group.hidden = ![...group.children].some((option) => !option.hidden); });
  }

  /* The first suggested reason that fits the verdict, unless the person has chosen one; another verdict brings its own suggestion. */
  function suggest(form) {
    const select = reasonsOf(form);
    if (!select || !verdictOf(form) || (select.value && select.value !== select.dataset.proposed)) return;
    const first = [...select.options].find((option) => "suggested" in option.dataset && !option.disabled);
    select.value = first ? first.value : "";
    select.dataset.proposed = select.value;
    select.dispatchEvent(new Event("picker:set", { bubbles: true }));
  }

  function follow(form) {
    const verdict = verdictOf(form);
    offerReasons(form, verdict);
    const reason = reasonsOf(form)?.selectedOptions[0];
    const label = reason?.value ? reason.dataset.label : "";
    const needsNote = Boolean((reason?.value && reason.dataset.note) || verdict?.dataset.note);
    const note = form.querySelector("textarea[name=note]");
    if (note) note.required = needsNote;
    const hint = form.querySelector("[data-note-hint]");
    if (hint) hint.textContent = needsNote ? hint.dataset.needed : hint.dataset.free;
    form.querySelectorAll("[data-for-verdict]").forEach((part) => {
      part.hidden = part.dataset.forVerdict !== verdict?.value;
      part.querySelectorAll("input").forEach((field) => { field.disabled = part.hidden; });
    });
    form.querySelectorAll("[data-hint-for]").forEach((part) => { part.hidden = part.dataset.hintFor !== verdict?.value; });
    const button = form.querySelector("[data-send-button]");
    if (!button) return;
    button.className = button.className.replace(/\bsays-\S+/g, "").trim();
    if (verdict?.dataset.says) button.classList.add(`says-${verdict.dataset.says}`);
    const words = verdict?.dataset.button || button.dataset.words;
    button.querySelector("[data-button-words]").textContent = label ? `${words}: ${label}` : words;
  }

  const followAll = () => document.querySelectorAll("form[data-decision]").forEach(follow);

  /* After the reason: to a required note, or to the button. */
  function goOn(form) {
    const note = form.querySelector("textarea[name=note]");
    if (note?.required && !note.value.trim()) note.focus();
    else form.querySelector("[data-send-button]")?.focus();
  }

  document.addEventListener("change", (event) => {
    const form = formOf(event.target);
    if (!form) return;
    if (event.target.matches("input[name=verdict]")) {
      offerReasons(form, verdictOf(form));
      suggest(form);
    }
    follow(form);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-verdict]");
    const radio = link && document.querySelector(`form[data-decision] input[name=verdict][value="${link.dataset.verdict}"]:not(:disabled)`);
    if (radio) radio.click();
    /* The bar of an override leads to the note, and sends nothing. */
    const note = event.target.closest("a[data-focus-on]") && document.getElementById(event.target.closest("a").hash.slice(1));
    if (!note) return;
    event.preventDefault();
    note.focus({ preventScroll: true });
    note.form.scrollIntoView({ block: "end", behavior: "instant" });
  });
  /* A verdict's key leads to the reason: the suggested one is chosen, typing searches for another, Control+Enter sends. */
  document.addEventListener("desk:pressed", (event) => {
    const select = event.target.matches("form[data-decision] input[name=verdict]") && reasonsOf(formOf(event.target));
    if (!select) return;
    if (select.matches("[data-picker]")) select.dispatchEvent(new Event("picker:show", { bubbles: true }));
    else select.focus();
  });
  document.addEventListener("picker:picked", (event) => {
    const form = formOf(event.target);
    if (form) goOn(form);
  });
  document.addEventListener("picker:cleared", (event) => formOf(event.target) && follow(formOf(event.target)));
  document.addEventListener("DOMContentLoaded", followAll);
  document.addEventListener("htmx:load", followAll);
})();
