/* The theme belongs to the person and is written into <html> by the server. After the switch has been pressed, the fragment that comes back
   carries the new choice, and the open page follows it without loading again. */
"use strict";
(() => {
  function follow() {
    const chosen = document.getElementById("theme-switch")?.dataset.theme || "";
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.bsTheme = chosen;
    else delete document.documentElement.dataset.bsTheme;
  }

  document.addEventListener("htmx:afterSwap", () => {
    if (document.getElementById("theme-switch")) follow();
    const keys = document.getElementById("single-keys")?.dataset.singleKeys;
    if (keys) document.body.dataset.singleKeys = keys;
  });
})();
