/* Menus are <details class="menu">, dialogs are <dialog>; both work without this file. It closes them on Escape and on a click outside, opens
   a dialog by its button, and keeps the state of the navigation drawer. */
"use strict";
(() => {
  const close = (menu, refocus) => {
    menu.open = false;
    if (refocus) menu.querySelector("summary")?.focus();
  };

  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) close(menu, false);
    });
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog && !dialog.open) dialog.showModal();
      return;
    }
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog")?.close();
    const rail = document.querySelector("#rail:target");
    if (rail && !rail.contains(event.target) && !event.target.closest('a[href="#rail"]')) history.replaceState(null, "", location.pathname + location.search);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => close(menu, menu.contains(document.activeElement)));
    if (document.querySelector("#rail:target")) location.hash = "";
  });
})();
