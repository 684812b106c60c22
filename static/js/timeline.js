/* The timeline: its filter, which this browser remembers, and lines that open by a click anywhere on them. Without this file all lines are shown,
   and the arrow of a line opens it. */
"use strict";
(() => {
  const remembered = () => /(?:^|; )desk_timeline=(\w+)/.exec(document.cookie)?.[1] || "all";

  let shown = remembered();

  function filter() {
    const buttons = [...document.querySelectorAll("[data-trail]")];
    if (!buttons.some((button) => button.dataset.trail === shown)) shown = "all";
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.trail === shown)));
    let day = null;
    document.querySelectorAll("#trail > li").forEach((line) => {
      if (line.matches(".day")) {
        day = line;
        day.hidden = shown !== "all";
        return;
      }
      line.hidden = shown !== "all" && !(line.dataset.tones || "").split(" ").includes(shown);
      if (day && !line.hidden) day.hidden = false;
    });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-trail]");
    if (button) {
      shown = button.dataset.trail;
      window.deskRemember("desk_timeline", shown);
      filter();
    }
    const line = event.target.closest("#trail li");
    const fold = line?.querySelector(":scope > div > details");
    if (fold && !event.target.closest("summary, dl, a, button") && !getSelection().toString()) fold.open = !fold.open;
  });
  document.addEventListener("htmx:oobAfterSwap", filter);
  document.addEventListener("DOMContentLoaded", filter);
})();
