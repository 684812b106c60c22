/* Toggles that change only the display in this browser: narrow rail, compact rows, differences only. Permanent ones are stored
   in a cookie that the server reads, so that the next page is rendered accordingly. */
"use strict";
(() => {
  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
  };
  window.deskRemember = remember;
  const turn = (button) => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(pressed));
    return pressed;
  };

  let onlyDiffering = false;

  function filterMatrix() {
    /* A row that a warning links to stays visible even without a difference, such as an expiry date. */
    const isNamed = (row) => document.querySelector(`#warnings a[href="#${row.id}"]`) !== null;
    const rows = [...document.querySelectorAll(".matrix tbody tr")];
    rows.forEach((row) => { row.hidden = onlyDiffering && !row.querySelector(".differs, .unclear") && !isNamed(row); });
    const nothing = document.querySelector("[data-nothing-differs]");
    if (nothing) nothing.hidden = !onlyDiffering || rows.some((row) => !row.hidden);
  }

  /* Apply the active filter to a part that was replaced. */
  document.addEventListener("htmx:oobAfterSwap", () => {
    const differs = document.querySelector("[data-differs-toggle]");
    if (differs && onlyDiffering) {
      differs.setAttribute("aria-pressed", "true");
      filterMatrix();
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-rail-toggle]")) {
      const isNarrow = document.querySelector(".desk").classList.toggle("rail-narrow");
      button.setAttribute("aria-expanded", String(!isNarrow));
      button.setAttribute("aria-label", isNarrow ? "Widen the navigation" : "Collapse the navigation");
      remember("desk_rail", isNarrow ? "narrow" : "wide");
    } else if (button.matches("[data-compact-toggle]")) {
      const isCompact = turn(button);
      document.querySelectorAll("table.queue").forEach((table) => table.classList.toggle("is-compact", isCompact));
      remember("desk_rows", isCompact ? "compact" : "two-lines");
    } else if (button.matches("[data-differs-toggle]")) {
      onlyDiffering = turn(button);
      filterMatrix();
    }
  });
})();
