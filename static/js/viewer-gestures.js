/* Translates input on a stage into one event, desk:gesture: a point moves and the scale changes by a ratio around it. One finger or the mouse
   moves, two fingers zoom and move, a double tap or click toggles zoom, the wheel zooms with Ctrl or on a focused stage, arrow keys move.
   Listeners decide which images follow. The page scrolls normally unless an image can move. */
"use strict";
(() => {
  const TAP = { milliseconds: 400, pixels: 24 };
  const KEY_STEP = 48;
  const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const { deskStage } = window;
  const pointers = new Map();
  let stage = null;
  let press = null;
  let lastTap = { at: -Infinity, x: 0, y: 0 };

  const stageAt = (target) => target.closest?.("[data-viewer] .stage") || null;
  const isControl = (target) => Boolean(target.closest("button, a, video, input"));
  const middle = ([one, other = one]) => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 });
  const distance = ([one, other]) => Math.hypot(one.x - other.x, one.y - other.y);
  const isNear = (one, other) => distance([one, other]) < TAP.pixels;

  function tell(found, detail) {
    found.closest("figure").dispatchEvent(new CustomEvent("desk:gesture", { bubbles: true, detail }));
  }

  function fromMiddle(found, point) {
    const box = found.getBoundingClientRect();
    return { x: point.x - box.left - box.width / 2, y: point.y - box.top - box.height / 2 };
  }

  function zoomTo(found, point, ratio) {
    const at = fromMiddle(found, point);
    tell(found, { from: at, to: at, ratio });
  }

  document.addEventListener("pointerdown", (event) => {
    const found = stageAt(event.target);
    if (!found || (event.pointerType === "mouse" && event.button !== 0)) return;
    found.closest("figure").dispatchEvent(new CustomEvent("desk:marked", { bubbles: true }));
    if (isControl(event.target)) return;
    if (found !== stage) pointers.clear();
    stage = found;
    const point = { x: event.clientX, y: event.clientY };
    pointers.set(event.pointerId, point);
    press = pointers.size === 1 ? { ...point, at: event.timeStamp } : null;
    found.setPointerCapture(event.pointerId);
    found.classList.toggle("is-dragging", event.pointerType === "mouse");
  });

  document.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) return;
    const before = [...pointers.values()].slice(0, 2);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const after = [...pointers.values()].slice(0, 2);
    const ratio = after.length === 2 && distance(before) > 1 ? distance(after) / distance(before) : 1;
    tell(stage, { from: fromMiddle(stage, middle(before)), to: fromMiddle(stage, middle(after)), ratio });
  });

  function tapped(event) {
    const point = { x: event.clientX, y: event.clientY };
    if (!press || !isNear(press, point) || event.timeStamp - press.at > TAP.milliseconds) return;
    const isSecond = event.timeStamp - lastTap.at < TAP.milliseconds && isNear(lastTap, point);
    if (isSecond) tell(stage, { toggle: fromMiddle(stage, point) });
    lastTap = isSecond ? { at: -Infinity, x: 0, y: 0 } : { ...point, at: event.timeStamp };
  }

  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, (event) => {
      if (!pointers.has(event.pointerId)) return;
      if (name === "pointerup" && pointers.size === 1) tapped(event);
      pointers.delete(event.pointerId);
      if (pointers.size) return;
      stage.classList.remove("is-dragging");
      [stage, press] = [null, null];
    });
  }

  /* Prevents page zoom under two fingers; one finger scrolls the page. */
  document.addEventListener("touchmove", (event) => {
    if (event.touches.length > 1 && event.cancelable && stageAt(event.target)) event.preventDefault();
  }, { passive: false });

  document.addEventListener("wheel", (event) => {
    const found = stageAt(event.target);
    const isMeant = event.ctrlKey || event.metaKey;
    if (!found || !deskStage.pictureOf(found.closest("figure"))) return;
    if (!isMeant && document.activeElement !== found) return;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const ratio = Math.min(Math.max(Math.exp((-event.deltaY * unit) / (isMeant ? 200 : 400)), 0.5), 2);
    const isWhole = deskStage.of(found.closest("figure")).zoom === 1;
    if (!isMeant && isWhole && ratio <= 1) return;
    event.preventDefault();
    zoomTo(found, { x: event.clientX, y: event.clientY }, ratio);
  }, { passive: false });

  document.addEventListener("keydown", (event) => {
    const found = stageAt(event.target);
    const arrow = ARROWS[event.key];
    if (event.target !== found || !found || !arrow || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!deskStage.isMovable(found.closest("figure"))) return;
    event.preventDefault();
    const size = event.shiftKey ? KEY_STEP / 8 : KEY_STEP;
    tell(found, { from: { x: 0, y: 0 }, to: { x: arrow[0] * size, y: arrow[1] * size }, ratio: 1 });
  });
})();
