/* The server writes the user's theme into <html>. After the switch is pressed, the returned fragment holds the new choice, and the open page
   follows without a reload. */
"use strict";
(() => {
  function follow() {
    const chosen = document.getElementById("theme-switch")?.dataset.theme || "";
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.bsTheme = chosen;
    else delete document.documentElement.dataset.bsTheme;
  }

  document.addEventListener("htmx:afterSwap", () => {
    if (document.getElementById("theme-switch")) follow();
    const keys = document.getElementById("single-keys")?.dataset.switch;
    if (keys) document.body.dataset.singleKeys = keys;
  });
})();
