/* Pictures side by side: zoom, move, turn, linked or one alone, another picture from the film, full screen. Each picture is asked for when it is
   shown and never before, since every view is recorded. Without this file the links of the film open each picture by itself. */
"use strict";
(() => {
  const STEPS = [1, 1.25, 1.5, 2, 3, 4, 6, 8];
  const states = new WeakMap();
  let active = null;

  const viewer = () => document.querySelector("[data-viewer]");
  const figures = () => [...(viewer()?.querySelectorAll("figure") || [])];
  const isLinked = () => document.querySelector('[data-view="together"]')?.getAttribute("aria-pressed") === "true";
  const stateOf = (figure) => {
    if (!states.has(figure)) states.set(figure, { zoom: 1, turn: 0, x: 0, y: 0 });
    return states.get(figure);
  };
  const current = () => (active?.isConnected ? active : figures().at(-1) || null);
  const meant = () => (isLinked() ? figures() : [current()].filter(Boolean));

  function draw(figure) {
    const state = stateOf(figure);
    const image = figure.querySelector("img");
    if (!image) return;
    image.style.transform = `translate(${state.x}px, ${state.y}px) rotate(${state.turn}deg) scale(${state.zoom})`;
    const output = document.querySelector("[data-zoom]");
    if (output && figure === current()) output.textContent = `${Math.round(state.zoom * 100)} %`;
  }

  function zoom(figure, by) {
    const state = stateOf(figure);
    const at = STEPS.findIndex((step) => step >= state.zoom);
    state.zoom = STEPS[Math.min(Math.max(at + by, 0), STEPS.length - 1)];
    if (state.zoom === 1) Object.assign(state, { x: 0, y: 0 });
    draw(figure);
  }

  const whole = (figure) => { Object.assign(stateOf(figure), { zoom: 1, turn: 0, x: 0, y: 0 }); draw(figure); };
  const turn = (figure) => { stateOf(figure).turn += 90; draw(figure); };

  function activate(figure) {
    if (active === figure) return;
    active = figure;
    figures().forEach((other) => other.classList.toggle("is-active", other === figure && figures().length > 1));
    draw(figure);
  }

  function markFilm() {
    const shown = new Set(figures().map((figure) => figure.dataset.picture));
    document.querySelectorAll("[data-choose]").forEach((link) => (shown.has(link.dataset.choose) ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  }

  function watchFailure(figure) {
    const image = figure.querySelector("img");
    const fail = () => {
      image.hidden = true;
      figure.querySelector("[data-not-shown]").hidden = false;
    };
    if (!image) return;
    if (image.complete && image.naturalWidth === 0) fail();
    image.addEventListener("error", fail);
  }

  function choose(id) {
    const pattern = document.querySelector(`template[data-figure="${CSS.escape(id)}"]`);
    const place = current();
    if (!pattern || !place || place.dataset.picture === id) return;
    const figure = document.importNode(pattern.content, true).querySelector("figure");
    place.replaceWith(figure);
    active = null;
    activate(figure);
    watchFailure(figure);
    markFilm();
  }

  function walk(by) {
    const ids = [...document.querySelectorAll("[data-choose]")].map((link) => link.dataset.choose);
    const here = ids.indexOf(current()?.dataset.picture);
    if (ids.length) choose(ids[(here + by + ids.length) % ids.length]);
  }

  const ACTIONS = {
    in: () => meant().forEach((figure) => zoom(figure, 1)),
    out: () => meant().forEach((figure) => zoom(figure, -1)),
    whole: () => meant().forEach(whole),
    turn: () => [current()].filter(Boolean).forEach(turn),
    previous: () => walk(-1),
    next: () => walk(1),
    full: () => (document.fullscreenElement ? document.exitFullscreen() : viewer()?.requestFullscreen()),
    together: (button) => button.setAttribute("aria-pressed", String(!isLinked())),
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-choose]");
    if (link && viewer() && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      choose(link.dataset.choose);
      return;
    }
    const button = event.target.closest("[data-view]");
    if (button) ACTIONS[button.dataset.view]?.(button);
  });

  let drag = null;
  document.addEventListener("pointerdown", (event) => {
    const stage = event.target.closest?.("[data-viewer] .stage");
    if (!stage || event.button !== 0) return;
    activate(stage.closest("figure"));
    if (stateOf(current()).zoom === 1) return;
    drag = { x: event.clientX, y: event.clientY, stage };
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("is-dragging");
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    meant().forEach((figure) => {
      const state = stateOf(figure);
      if (state.zoom === 1) return;
      state.x += event.clientX - drag.x;
      state.y += event.clientY - drag.y;
      draw(figure);
    });
    Object.assign(drag, { x: event.clientX, y: event.clientY });
  });
  for (const name of ["pointerup", "pointercancel"]) {
    document.addEventListener(name, () => {
      drag?.stage.classList.remove("is-dragging");
      drag = null;
    });
  }
  document.addEventListener("dblclick", (event) => {
    const figure = event.target.closest?.("[data-viewer] .stage")?.closest("figure");
    if (figure) (stateOf(figure).zoom === 1 ? zoom(figure, 3) : whole(figure));
  });

  function furnish() {
    figures().forEach((figure) => {
      if (states.has(figure)) return;
      stateOf(figure);
      watchFailure(figure);
    });
    markFilm();
  }
  document.addEventListener("DOMContentLoaded", furnish);
  document.addEventListener("htmx:load", furnish);
})();
