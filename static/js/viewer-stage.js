/* State of one image on its stage: zoom, position, rotation, brightness and contrast, in pixels from the centre. Not Panzoom, because Panzoom 4.6
   loses the point under two fingers, zooms by distance instead of by ratio, and takes its limits from a frame that is not rendered yet. */
"use strict";
window.deskStage = (() => {
  const STEPS = [1, 1.25, 1.5, 2, 3, 4, 6, 8, 12];
  const LARGEST = STEPS.at(-1);
  const NEAR = 0.001;
  const CENTRE = { x: 0, y: 0 };
  const states = new WeakMap();

  const stageOf = (figure) => figure.querySelector(".stage");
  const pictureOf = (figure) => figure.querySelector("[data-shown]");
  const isMovable = (figure) => Boolean(pictureOf(figure)) && (of(figure).zoom > 1 || Boolean(figure.closest(".is-over")));
  const between = (value, least, most) => Math.min(Math.max(value, least), most);

  function of(figure) {
    if (!states.has(figure)) states.set(figure, { zoom: 1, turn: 0, x: 0, y: 0, brightness: 100, contrast: 100, width: 0, height: 0, fit: null });
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
    return { width: (isLying ? high : wide) * scale, height: (isLying ? wide : high) * scale, grown: scale / upright, unit: upright };
  }

  /* Points and similarities as complex numbers: p -> a p + b rotates, scales and shifts. */
  const plus = (p, q) => ({ x: p.x + q.x, y: p.y + q.y });
  const minus = (p, q) => ({ x: p.x - q.x, y: p.y - q.y });
  const times = (p, q) => ({ x: p.x * q.x - p.y * q.y, y: p.x * q.y + p.y * q.x });
  const over = (p, q) => times(p, { x: q.x / (q.x ** 2 + q.y ** 2), y: -q.y / (q.x ** 2 + q.y ** 2) });
  const polar = (size, degrees) => ({ x: size * Math.cos((degrees * Math.PI) / 180), y: size * Math.sin((degrees * Math.PI) / 180) });

  /* An overlaid image that was aligned follows the image under it: its `fit` leads from its pixels to those of the other. */
  const baseOf = (figure) => (figure.closest(".is-over") ? figure.previousElementSibling : null);
  const isFitted = (figure) => Boolean(of(figure).fit) && of(figure).fit.base === baseOf(figure);

  /* The similarity from the pixels of the image to those of the stage, both from the centre. */
  function view(figure) {
    const { fit, x, y, zoom, turn: degrees } = of(figure);
    if (isFitted(figure)) {
      const below = view(fit.base);
      return { a: times(below.a, fit.a), b: plus(times(below.a, fit.b), below.b) };
    }
    const { grown, unit } = fitted(figure);
    return { a: polar(zoom * grown * unit, degrees), b: { x, y } };
  }

  /* Binds the image to `base` so that it is displayed by `seen`. */
  function bind(figure, base, seen) {
    const below = view(base);
    of(figure).fit = { base, a: over(seen.a, below.a), b: over(minus(seen.b, below.b), below.a) };
  }

  /* Aligns the image with the one under it by two points of each, in pixels of the images from their centres. */
  function align(figure, [left, right], [first, second]) {
    const a = over(minus(right, left), minus(second, first));
    of(figure).fit = { base: figure.previousElementSibling, a, b: minus(left, times(a, first)) };
    draw(figure);
  }

  /* Moves, scales and rotates an aligned image alone; one that is not aligned yet begins where it is. */
  function adjust(figure, { from, to, ratio, degrees = 0 }) {
    const [seen, by] = [view(figure), polar(ratio, degrees)];
    bind(figure, figure.previousElementSibling, { a: times(by, seen.a), b: plus(times(by, minus(seen.b, from)), to) });
    draw(figure);
  }

  function loosen(figure) {
    of(figure).fit = null;
    draw(figure);
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
    const state = of(figure);
    if (isFitted(figure)) state.zoom = of(state.fit.base).zoom;
    else keepInside(figure);
    const isPlain = state.brightness === 100 && state.contrast === 100;
    picture.style.transform = isFitted(figure)
      ? matrix(figure)
      : `translate(${state.x}px, ${state.y}px) rotate(${state.turn}deg) scale(${state.zoom * fitted(figure).grown})`;
    picture.style.filter = isPlain ? "" : `brightness(${state.brightness}%) contrast(${state.contrast}%)`;
    stageOf(figure).classList.toggle("is-movable", isMovable(figure));
    figure.dispatchEvent(new CustomEvent("desk:drawn", { bubbles: true }));
    const above = figure.nextElementSibling;
    if (above?.matches("figure") && isFitted(above)) draw(above);
  }

  function matrix(figure) {
    const { a, b } = view(figure);
    const { unit } = fitted(figure);
    return `matrix(${a.x / unit}, ${a.y / unit}, ${-a.y / unit}, ${a.x / unit}, ${b.x}, ${b.y})`;
  }

  /* Moves the point `from` to `to` and scales by `ratio` around it. Images with different zooms keep their ratio. */
  function move(figure, { from, to, ratio }) {
    if (!pictureOf(figure)) return;
    if (isFitted(figure)) {
      adjust(figure, { from, to, ratio: ratio || 1 });
      return;
    }
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
    if (next) move(figure, { from: CENTRE, to: CENTRE, ratio: next / zoom });
  }

  /* Keeps the centre point centred. */
  function turn(figure) {
    if (!pictureOf(figure)) return;
    if (isFitted(figure)) {
      adjust(figure, { from: CENTRE, to: CENTRE, ratio: 1, degrees: 90 });
      return;
    }
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

  return { adjust, align, draw, isFitted, isMovable, light, loosen, move, of, pictureOf, plus, minus, over, stageOf, step, times, turn, view, watch, whole };
})();
