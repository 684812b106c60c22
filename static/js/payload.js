/* Folds objects and arrays of a payload: the lines inside are hidden until they are opened, or until the browser's own search finds one. A search
   of the page loads the window again, with everything open. Arrow keys lead from one to the next. */
"use strict";
(() => {
  const prepared = new WeakSet();
  const OPENING = /[[{]$/;

  const linesOf = (raw) => [...raw.querySelectorAll("span:not(.place)")];
  const depthOf = (line) => line.textContent.slice(2).search(/\S/);
  const twistOf = (line) => line.querySelector(".twist");

  function inside(line) {
    const all = linesOf(line.closest(".raw"));
    const rest = all.slice(all.indexOf(line) + 1);
    const depth = depthOf(line);
    const end = rest.findIndex((one) => depthOf(one) <= depth);
    return end < 0 ? rest : rest.slice(0, end);
  }

  function set(line, isOpen) {
    twistOf(line).setAttribute("aria-expanded", String(isOpen));
    line.classList.toggle("is-folded", !isOpen);
    inside(line).forEach((one) => {
      one.hidden = isOpen ? false : "until-found";
      if (isOpen && twistOf(one)) {
        twistOf(one).setAttribute("aria-expanded", "true");
        one.classList.remove("is-folded");
      }
    });
  }

  function prepare(raw) {
    if (prepared.has(raw)) return;
    prepared.add(raw);
    const opening = linesOf(raw).filter((line) => OPENING.test(line.textContent));
    opening.forEach((line, place) => {
      const twist = document.createElement("button");
      twist.type = "button";
      twist.className = "twist";
      twist.tabIndex = place ? -1 : 0;
      twist.setAttribute("aria-expanded", "true");
      twist.setAttribute("aria-label", `Content of ${line.textContent.trim().replace(/[\s:[{]+$/, "") || "the payload"}`);
      line.prepend(twist);
    });
  }

  const prepareAll = () => document.querySelectorAll(".raw").forEach(prepare);

  document.addEventListener("click", (event) => {
    const twist = event.target.closest(".raw .twist");
    if (twist) set(twist.closest("span"), twist.getAttribute("aria-expanded") !== "true");
    const all = event.target.closest("[data-fold-all]");
    if (!all) return;
    const isFolded = all.getAttribute("aria-pressed") !== "true";
    all.setAttribute("aria-pressed", String(isFolded));
    const lines = linesOf(all.closest(".payload").querySelector(".raw")).filter(twistOf);
    const outer = Math.min(...lines.map(depthOf));
    lines.filter((line) => depthOf(line) === outer + (isFolded ? 2 : 0)).forEach((line) => set(line, !isFolded));
  });

  document.addEventListener("beforematch", (event) => {
    const raw = event.target.closest(".raw");
    if (!raw) return;
    linesOf(raw).filter((line) => line.matches(".is-folded") && inside(line).includes(event.target)).forEach((line) => set(line, true));
  });

  document.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || !event.target.matches?.(".twist")) return;
    const all = [...event.target.closest(".raw").querySelectorAll(".twist")].filter((twist) => !twist.closest("[hidden]"));
    const next = all[all.indexOf(event.target) + by];
    if (!next) return;
    event.preventDefault();
    [event.target.tabIndex, next.tabIndex] = [-1, 0];
    next.focus();
  });

  document.addEventListener("DOMContentLoaded", prepareAll);
  document.addEventListener("htmx:afterSettle", prepareAll);
})();
