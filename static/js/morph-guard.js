/* Skips swaps of unchanged parts, so that open folds, zoomed images and loaded files stay as they are. Parts are compared as the server sent
   them, in a document that loads nothing; CSRF tokens are ignored. */
"use strict";
(() => {
  const inert = document.implementation.createHTMLDocument("");
  const served = new Map();

  function plain(element) {
    const copy = inert.importNode(element, true);
    copy.removeAttribute("hx-swap-oob");
    copy.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => field.removeAttribute("value"));
    copy.normalize();
    return copy;
  }

  /* Stores the part; true when the stored one was equal. */
  function isKnown(element) {
    const fresh = plain(element);
    const before = served.get(element.id);
    served.set(element.id, fresh);
    return Boolean(before?.isEqualNode(fresh));
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-part][id]").forEach((part) => served.set(part.id, plain(part)));
  });

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const part = event.detail.fragment.firstElementChild;
    if (part?.matches("[data-part][id]") && isKnown(part)) event.detail.shouldSwap = false;
  });

  /* A part that a form brought is stored, too: otherwise a poll would skip a part that equals the one before the form. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (!event.detail.shouldSwap) return;
    const part = new DOMParser().parseFromString(xhr.responseText, "text/html").body.firstElementChild;
    if (!part?.matches("[data-part][id]")) return;
    const isPoll = xhr.status === 200 && requestConfig.elt.matches("[data-poll]");
    if (isKnown(part) && isPoll) event.detail.swapOverride = "none";
  });

  /* Cancel polling when its fragment was replaced: the response would have no target. */
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.target.matches?.("[data-poll]")) htmx.trigger(event.target, "htmx:abort");
  });
})();
