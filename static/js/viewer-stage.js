/* State of one image on its stage: zoom, position, rotation, brightness and contrast, in pixels from the centre. Not Panzoom, because Panzoom 4.6
   loses the point under two fingers, zooms by distance instead of by ratio, and takes its limits from a frame that is not rendered yet. */
"use strict";
window.deskStage = (() => {
  const STEPS = [1, 1.25, 1.5, 2, 3, 4, 6, 8, 12];
  const LARGEST = STEPS.at(-1);
  const NEAR = 0.001;
  const states = new WeakMap();

  const stageOf = (figure) => figure.querySelector(".stage");
  const pictureOf = (figure) => figure.querySelector("[data-shown]");
  const isMovable = (figure) => Boolean(pictureOf(figure)) && (of(figure).zoom > 1 || Boolean(figure.closest(".is-over")));
  const between = (value, least, most) => Math.min(Math.max(value, least), most);

  function of(figure) {
    if (!states.has(figure)) states.set(figure, { zoom: 1, turn: 0, x: 0, y: 0, brightness: 100, contrast: 100, width: 0, height: 0 });
    return states.get(figure);
  }

  /* Width and height of the rotated image fitted to the stage, and the scale that the rotation causes. */
  function fitted(figure) {
    const { clientWidth: width, clientHeight: height } = stageOf(figure);
    const picture = pictureOf(figure);
    const [wide, high] = [picture.naturalWidth || width || 1, picture.naturalHeight || height || 1];
    const upright = Math.min(width / wide, height / high) || 1;
    const isLying = of(figure).turn % 180 !== 0;
    const scale = isLying ? Math.min(width / high, height / wide) || 1 : upright;
    return { width: (isLying ? high : wide) * scale, height: (isLying ? wide : high) * scale, grown: scale / upright };
  }

  /* Every point of an image can be moved to the centre; an unzoomed one stays centred unless it is overlaid. */
  function keepInside(figure) {
    const state = of(figure);
    if (!isMovable(figure)) {
      Object.assign(state, { x: 0, y: 0 });
      return;
    }
    const { width, height } = fitted(figure);
    state.x = between(state.x, (-width * state.zoom) / 2, (width * state.zoom) / 2);
    state.y = between(state.y, (-height * state.zoom) / 2, (height * state.zoom) / 2);
  }

  function draw(figure) {
    const picture = pictureOf(figure);
    if (!picture) return;
    keepInside(figure);
    const state = of(figure);
    const isPlain = state.brightness === 100 && state.contrast === 100;
    picture.style.transform = `translate(${state.x}px, ${state.y}px) rotate(${state.turn}deg) scale(${state.zoom * fitted(figure).grown})`;
    picture.style.filter = isPlain ? "" : `brightness(${state.brightness}%) contrast(${state.contrast}%)`;
    stageOf(figure).classList.toggle("is-movable", isMovable(figure));
    figure.dispatchEvent(new CustomEvent("desk:drawn", { bubbles: true }));
  }

  /* Moves the point `from` to `to` and scales by `ratio` around it. Images with different zooms keep their ratio. */
  function move(figure, { from, to, ratio }) {
    if (!pictureOf(figure)) return;
    const state = of(figure);
    const zoom = between(state.zoom * ratio, 1, LARGEST);
    const real = zoom / state.zoom;
    state.zoom = Math.abs(zoom - 1) < NEAR ? 1 : zoom;
    state.x = to.x + (state.x - from.x) * real;
    state.y = to.y + (state.y - from.y) * real;
    draw(figure);
  }

  function step(figure, by) {
    const { zoom } = of(figure);
    const next = by > 0 ? STEPS.find((one) => one > zoom + NEAR) : STEPS.findLast((one) => one < zoom - NEAR);
    const middle = { x: 0, y: 0 };
    if (next) move(figure, { from: middle, to: middle, ratio: next / zoom });
  }

  /* Keeps the centre point centred. */
  function turn(figure) {
    if (!pictureOf(figure)) return;
    const state = of(figure);
    const before = fitted(figure).grown;
    state.turn = (state.turn + 90) % 360;
    const part = fitted(figure).grown / before;
    [state.x, state.y] = [-state.y * part, state.x * part];
    draw(figure);
  }

  function whole(figure) {
    Object.assign(of(figure), { zoom: 1, turn: 0, x: 0, y: 0 });
    draw(figure);
  }

  function light(figure, values) {
    Object.assign(of(figure), values);
    draw(figure);
  }

  /* A resized stage keeps its centre point. */
  const watcher = new ResizeObserver((entries) => {
    entries.forEach(({ target }) => {
      const figure = target.closest("figure");
      if (!figure) return;
      const state = of(figure);
      const { clientWidth: width, clientHeight: height } = target;
      if (!width || !height || (width === state.width && height === state.height)) return;
      const part = state.width ? Math.min(width / state.width, height / state.height) : 1;
      Object.assign(state, { x: state.x * part, y: state.y * part, width, height });
      draw(figure);
    });
  });
  const watch = (figure) => watcher.observe(stageOf(figure));

  return { draw, isMovable, light, move, of, pictureOf, stageOf, step, turn, watch, whole };
})();
