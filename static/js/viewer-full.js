/* Full screen: everything else on the page is inert, the keys of the verdicts leave it, and the facts can be displayed beside the images. */
"use strict";
(() => {
  const APART = "dialog, #messages, script, template";
  const TEXT = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])";
  let silenced = [];
  let withFacts = false;
  let place = null;

  const viewer = () => document.querySelector("[data-viewer]");
  const isFull = () => Boolean(viewer()?.matches(".is-full"));
  const facts = () => document.getElementById("comparison");

  /* Called again after each swap, because new elements are not inert. */
  function silence() {
    silenced.forEach((part) => { part.inert = false; });
    silenced = [];
    for (let here = isFull() && viewer(); here && here !== document.body; here = here.parentElement) {
      silenced.push(...[...here.parentElement.children].filter((part) => part !== here && !part.inert && !part.matches(APART)));
    }
    silenced.forEach((part) => { part.inert = true; });
  }

  /* The comparison itself moves into the viewer, so that its buttons work, and back. */
  function placeFacts() {
    const on = withFacts && isFull();
    const part = facts();
    if (on && part && !viewer().contains(part)) {
      place = document.createComment("comparison");
      part.replaceWith(place);
      viewer().append(part);
    } else if (!on && place) {
      if (part) place.replaceWith(part);
      place = null;
    }
    viewer()?.classList.toggle("has-facts", on && Boolean(part));
    viewer()?.querySelector("[data-view=facts]")?.setAttribute("aria-pressed", String(on));
  }

  function show() {
    placeFacts();
    silence();
  }

  document.addEventListener("desk:full", show);
  document.addEventListener("htmx:afterSettle", show);
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!place || !detail.target?.contains(facts()) || detail.target === facts()) return;
    place.replaceWith(facts());
    place = null;
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-view=facts]")) return;
    withFacts = !withFacts;
    show();
  });

  /* A key of a verdict leaves the full screen first, so that its effect is in sight. */
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!isFull() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !"adte".includes(key)) return;
    if (document.body.dataset.singleKeys === "off" || target.matches?.(TEXT) || document.querySelector("dialog[open]")) return;
    const panel = document.getElementById("panel");
    if (!panel?.querySelector(`[aria-keyshortcuts~="${CSS.escape(key)}"]`)) return;
    event.preventDefault();
    document.addEventListener("desk:full", () => {
      panel.focus({ preventScroll: true });
      panel.scrollIntoView({ block: "nearest", behavior: "instant" });
      panel.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }, { once: true });
    viewer().querySelector("[data-view=full]").click();
  });
})();
