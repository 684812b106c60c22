/* Buttons with data-copy copy that text, with data-copy-lines the lines of a payload as they are displayed; toasts.js confirms it. Browsers offer
   the clipboard on encrypted pages only, elsewhere a selected text field is copied. */
"use strict";
(() => {
  function copySelected(text) {
    const before = document.activeElement;
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    (document.fullscreenElement || document.body).append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    before?.focus({ preventScroll: true });
    return isCopied;
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return copySelected(text);
    }
  }

  /* Without marks, removed lines and headings of changes. */
  const linesOf = (raw) => [...raw.querySelectorAll("span:not(.place, .del)")].map((line) => line.textContent.slice(2)).join("\n");

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-lines]");
    if (!button) return;
    const { copy: text, copyLines } = button.dataset;
    const isCopied = await copy(copyLines ? linesOf(document.querySelector(copyLines)) : text);
    document.dispatchEvent(new CustomEvent(isCopied ? "desk:copied" : "desk:not-copied"));
  });
})();
