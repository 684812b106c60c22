/* Pressed twice, done once. A form that leaves the page is sent one time: not by a double click, not by a key that repeats, and not by the
   second half of a double press that meets the same button on the page that follows. What is sent by fragments says so itself (hx-sync). */
"use strict";
(() => {
  const KEY = "desk-sent";
  const SAME_PRESS_MS = 800;
  const GIVEN_UP_MS = 15000;    /* a desk that has not answered by then may be asked again */

  function sentLately(action) {
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
    } catch { /* the form itself still knows */ }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches('[action$="/sign-out/"], [action$="/sign-in/"]')) return;
    if (Date.now() - Number(form.dataset.going || 0) < GIVEN_UP_MS || sentLately(form.action)) {
      event.preventDefault();
      return;
    }
    form.dataset.going = String(Date.now());
    remember(form.action);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-going]").forEach((form) => { delete form.dataset.going; });
  });
})();
