/* Prevents double submission of forms that leave the page: double clicks, repeating keys, and the second half of a double press on the same
   button of the next page. Forms sent as fragments use hx-sync instead. */
"use strict";
(() => {
  const KEY = "desk-sent";
  const SAME_PRESS_MS = 800;
  const TIMEOUT_MS = 15000;    /* after this time without a response the form may be sent again */

  function wasJustSent(action) {
    try {
      const [before, at] = JSON.parse(sessionStorage.getItem(KEY) || "[]");
      return before === action && Date.now() - at < SAME_PRESS_MS;
    } catch {
      return false;
    }
  }

  function remember(action) {
    try {
      sessionStorage.setItem(KEY, JSON.stringify([action, Date.now()]));
    } catch { /* form.dataset.going still prevents a second submit */ }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const action = event.submitter?.hasAttribute("formaction") ? event.submitter.formAction : form.action;  // one form serves the buttons of all rows
    if (event.defaultPrevented || form.method !== "post" || form.matches('[action$="/sign-out/"], [action$="/sign-in/"]')) return;
    if (Date.now() - Number(form.dataset.going || 0) < TIMEOUT_MS || wasJustSent(action)) {
      event.preventDefault();
      return;
    }
    form.dataset.going = String(Date.now());
    remember(action);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-going]").forEach((form) => { delete form.dataset.going; });
  });
})();
