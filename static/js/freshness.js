/* Shows how current the page is. Each response to a poll resets the counter; after a failed poll the time of the last success is shown.
   The counting text is hidden from screen readers, which announce changes of state only. */
"use strict";
(() => {
  let lastGood = Date.now();
  let isStale = false;
  const clock = new Intl.DateTimeFormat(document.documentElement.lang || "en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

  function words() {
    if (isStale) return `Not updated since ${clock.format(lastGood)}`;
    const seconds = Math.round((Date.now() - lastGood) / 1000);
    return seconds < 60 ? `Updated ${seconds} s ago` : `Updated ${Math.round(seconds / 60)} min ago`;
  }

  function show() {
    const mark = document.getElementById("live");
    if (!mark) return;
    mark.hidden = !document.querySelector("[data-poll]") && !isStale;
    mark.classList.toggle("is-stale", isStale);
    mark.querySelector("[data-live-words]").textContent = words();
  }

  function turn(stale) {
    const changed = stale !== isStale;
    isStale = stale;
    if (!stale) lastGood = Date.now();
    if (changed) {
      const heard = document.querySelector("#live [data-live-heard]");
      if (heard) heard.textContent = stale ? words() : "Updates resumed";
    }
    show();
  }

  /* Polling must not extend the session of an idle user. */
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.matches("[data-poll]")) event.detail.headers["X-Desk-Poll"] = "1";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr?.status || 0;
    turn(!(status >= 200 && status < 500));
  });
  window.addEventListener("offline", () => turn(true));
  document.addEventListener("DOMContentLoaded", show);
  setInterval(show, 5000);
})();
