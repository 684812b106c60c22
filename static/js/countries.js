/* Fills in country names from the browser: the country of a list row gets its title, <span data-country-name="NG"> its text. */
"use strict";
(() => {
  const names = new Intl.DisplayNames([document.documentElement.lang || "en"], { type: "region", fallback: "none" });

  function nameOf(code) {
    try {
      return names.of(code) || "";
    } catch {
      return "";
    }
  }

  function fill() {
    document.querySelectorAll(".queue td.l:not([title])").forEach((mark) => {
      const name = nameOf(mark.textContent.trim());
      if (name) mark.title = name;
    });
    document.querySelectorAll("#filter-country option[value], #filter-country-value option[value]").forEach((option) => {
      if (option.value) option.dataset.label = nameOf(option.value) || option.value;
    });
    document.querySelectorAll("[data-country-name]").forEach((place) => {
      const name = nameOf(place.dataset.countryName);
      if (name && place.textContent !== name) place.textContent = name;
    });
  }

  document.addEventListener("DOMContentLoaded", fill);
  document.addEventListener("htmx:afterSettle", fill);
})();
