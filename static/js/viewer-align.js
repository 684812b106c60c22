/* Aligns the overlay: two points on each face, chosen on the images side by side, are laid on each other. The keyboard does the same by moving,
   scaling and rotating the second image. Nothing of this is sent or stored. */
"use strict";
(() => {
  const { deskStage, deskViewer } = window;
  const CENTRE = { x: 0, y: 0 };
  const STILL = 6;
  const NEAR = 4;
  const STEP = 4;
  const SHIFTS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const CHANGES = { "+": { ratio: 1.02 }, "=": { ratio: 1.02 }, "-": { ratio: 1 / 1.02 }, ",": { degrees: -1 }, ".": { degrees: 1 } };
  let active = null;
  let pressed = CENTRE;

  const row = () => deskViewer.viewer()?.querySelector("#viewer-align");
  const nameOf = (figure) => figure.dataset.name;
  const isValid = () => active && deskViewer.figures()[0] === active.below && deskViewer.figures()[1] === active.above;

  function say() {
    const { below, above, points, isPicking, problem } = active;
    const side = ["left", "right"][points.length % 2];
    const next = `${nameOf(points.length < 2 ? below : above)}: click the ${side} eye (${points.length + 1} of 4). Escape cancels.`;
    const moves = `${nameOf(above)}: arrow keys move, + and - scale, comma and full stop rotate. Escape ends.`;
    row().querySelector("[data-align-says]").textContent = [problem, isPicking ? next : moves].filter(Boolean).join(" ");
    row().querySelector("[data-align-end-words]").textContent = isPicking ? "Cancel" : "Done";
    active.problem = "";
  }

  function showMarks() {
    document.querySelectorAll(".align-mark").forEach((mark) => mark.remove());
    active?.points.forEach(({ figure, at }) => {
      if (!active.isPicking) return;
      const { a, b } = deskStage.view(figure);
      const { x, y } = deskStage.plus(deskStage.times(a, at), b);
      const mark = document.createElement("span");
      mark.className = "align-mark";
      mark.style.translate = `${x}px ${y}px`;
      deskStage.stageOf(figure).append(mark);
    });
  }

  function showReset() {
    const above = deskViewer.figures()[1];
    const reset = deskViewer.viewer()?.querySelector("[data-align=reset]");
    if (reset) reset.hidden = !above || !deskStage.isFitted(above);
  }

  function pick(on) {
    active.isPicking = on;
    deskViewer.viewer().classList.toggle("is-aligning", on);
    deskViewer.overlay(!on);
    showMarks();
    showReset();
  }

  function begin() {
    const [below, above] = deskViewer.figures();
    if (active || !above || !deskStage.pictureOf(below) || !deskStage.pictureOf(above)) return;
    active = { below, above, points: [], isPicking: true, before: deskStage.of(above).fit, problem: "" };
    row().hidden = false;
    pick(true);
    say();
    deskStage.stageOf(below).focus({ preventScroll: true });
  }

  function end() {
    if (!active) return;
    const { above, before, isPicking } = active;
    if (isPicking && isValid()) deskStage.of(above).fit = before;
    if (isPicking) pick(false);
    active = null;
    row().hidden = true;
    showMarks();
    if (above.isConnected) deskStage.stageOf(above).focus({ preventScroll: true });
  }

  function adjust() {
    if (active.isPicking) pick(false);
    say();
    deskStage.stageOf(active.above).focus({ preventScroll: true });
  }

  /* The pixel of the image under a point of the window, from the centre of the image. */
  function pixel(figure, event) {
    const box = deskStage.stageOf(figure).getBoundingClientRect();
    const { a, b } = deskStage.view(figure);
    const point = { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
    return { figure, at: deskStage.over(deskStage.minus(point, b), a), x: event.clientX, y: event.clientY };
  }

  function choose(figure, event) {
    const { below, above, points } = active;
    const last = points.at(-1);
    if (figure !== (points.length < 2 ? below : above)) active.problem = "That is the other image.";
    else if (last?.figure === figure && Math.hypot(last.x - event.clientX, last.y - event.clientY) < NEAR) active.problem = "Too close to the first point.";
    else points.push(pixel(figure, event));
    showMarks();
    if (points.length < 4) {
      say();
      return;
    }
    deskStage.align(above, [points[0].at, points[1].at], [points[2].at, points[3].at]);
    adjust();
  }

  document.addEventListener("pointerdown", (event) => { pressed = { x: event.clientX, y: event.clientY }; }, true);

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(`[data-viewer] ${selector}`);
    if (active && !isValid()) end();
    if (at("[data-view=align]")) begin();
    else if (at("[data-align=end]")) end();
    else if (at("[data-view=overlay]")) end();
    else if (at("[data-align=reset]")) {
      deskStage.loosen(deskViewer.figures()[1]);
      showReset();
      deskViewer.viewer().querySelector("[data-view=align]").focus({ preventScroll: true });
    } else if (active?.isPicking && at(".stage") && !event.target.closest("button")) {
      if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) <= STILL) choose(at("figure"), event);
    }
  });

  /* Before the keys of the page, of which some are the same. */
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (!active || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const isElsewhere = target !== document.body && !deskViewer.viewer().contains(target);
    if (isElsewhere || target.matches("input") || (SHIFTS[key] && target.closest(".viewer-bar"))) return;
    if (key === "Escape") end();
    else if (!isValid()) end();
    else if (SHIFTS[key] || CHANGES[key]) {
      adjust();
      const size = event.shiftKey ? 1 : STEP;
      const [x, y] = SHIFTS[key] || [0, 0];
      deskStage.adjust(active.above, { from: CENTRE, to: { x: x * size, y: y * size }, ratio: 1, ...CHANGES[key] });
      showReset();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  document.addEventListener("desk:full", ({ detail }) => { if (!detail.on && active?.isPicking) end(); });
  document.addEventListener("desk:drawn", () => {
    if (active) showMarks();
    showReset();
  });
})();
