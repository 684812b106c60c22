/* The viewer: two images, videos or pages side by side or overlaid, and a filmstrip to select them. One of the two is selected: rotation, brightness
   and the next selection apply to it; zoom and position apply to both while linked. An image is requested when it is shown and not before, since
   every view is logged. Without this file the links of the filmstrip open each image on its own. */
"use strict";
(() => {
  const { deskStage } = window;
  const CENTRE = { x: 0, y: 0 };
  const furnished = new WeakSet();
  let marked = null;

  const viewer = () => document.querySelector("[data-viewer]");
  const pair = () => viewer()?.querySelector(".pair") || null;
  const figures = () => [...(pair()?.querySelectorAll("figure") || [])];
  const button = (name) => viewer()?.querySelector(`[data-view="${name}"]`) || null;
  const isPressed = (name) => button(name)?.getAttribute("aria-pressed") === "true";
  const press = (name, on) => button(name)?.setAttribute("aria-pressed", String(on));
  const current = () => (marked?.isConnected ? marked : figures().at(-1) || null);
  /* Linked images are moved together; an aligned one follows the other by itself. */
  const meant = () => (isPressed("together") ? figures().filter((figure) => !deskStage.isFitted(figure)) : [current()].filter(Boolean));
  const links = () => [...(viewer()?.querySelectorAll("[data-choose]") || [])];
  const isOver = () => Boolean(pair()?.classList.contains("is-over"));
  const words = (selector, text) => viewer()?.querySelectorAll(selector).forEach((place) => { place.textContent = text; });

  /* --- labels of the tools ----------------------------------------------------------------------------------------------------- */

  function showZoom() {
    const figure = current();
    const percent = figure ? `${Math.round(deskStage.of(figure).zoom * 100)} %` : "";
    const output = viewer()?.querySelector("[data-zoom]");
    if (output && output.textContent !== percent) output.textContent = percent;
  }

  function showLight() {
    const figure = current();
    const values = figure ? deskStage.of(figure) : { brightness: 100, contrast: 100 };
    words("[data-light-of]", figure?.dataset.name || "");
    viewer()?.querySelectorAll("[data-light]").forEach((slider) => {
      const value = values[slider.dataset.light];
      slider.value = value;
      slider.setAttribute("aria-valuetext", `${value} %`);
      words(`[data-light-says="${slider.dataset.light}"]`, `${value} %`);
    });
  }

  function showMix() {
    const slider = viewer()?.querySelector("[data-mix]");
    if (!slider) return;
    pair().style.setProperty("--mix", slider.value / 100);
    slider.setAttribute("aria-valuetext", `${slider.value} %`);
    words("[data-mix-says]", `${slider.value} %`);
    figures().forEach((figure, place) => {
      words(`[data-mix-of="${place}"]`, figure.dataset.name);
      viewer().querySelector(`[data-mix-of="${place}"]`).classList.toggle("is-marked", figure === current());
    });
  }

  function showSides() {
    const place = figures().indexOf(current());
    viewer()?.querySelectorAll("[data-side]").forEach((side) => {
      const isHere = Number(side.dataset.side) === Math.max(place, 0);
      side.setAttribute("aria-pressed", String(isHere));
      if (isHere) side.removeAttribute("aria-keyshortcuts");
      else side.setAttribute("aria-keyshortcuts", "s");
    });
  }

  function showFilmstrip() {
    const shown = new Map(figures().map((figure) => [figure.dataset.picture, figure]));
    links().forEach((link) => {
      const figure = shown.get(link.dataset.choose);
      if (figure) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      link.classList.toggle("is-marked", Boolean(figure) && figure === current());
    });
  }

  function showAll() {
    if (!viewer()) return;
    const all = figures();
    pair().classList.toggle("is-alone", all.length < 2);
    all.forEach((figure) => figure.classList.toggle("is-marked", figure === current() && all.length > 1));
    button("overlay").toggleAttribute("disabled", all.length < 2);
    if (all.length < 2 && isOver()) overlay(false);
    showZoom();
    showLight();
    showMix();
    showSides();
    showFilmstrip();
  }

  function mark(figure) {
    if (!figure || figure === marked) return;
    marked = figure;
    showAll();
  }

  /* --- selection --------------------------------------------------------------------------------------------------------------- */

  function made(id) {
    const pattern = viewer().querySelector(`template[data-figure="${CSS.escape(id)}"]`);
    return pattern ? document.importNode(pattern.content, true).querySelector("figure") : null;
  }

  /* The note "no second image" stays after both. */
  const put = (figure) => pair().querySelector(".no-second").before(figure);

  const mediaOf = (figure) => deskStage.pictureOf(figure) || figure.querySelector("video");

  /* The browser's controls appear at the first play: before, they would show a spinner without end. */
  function furnishVideo(figure) {
    const video = mediaOf(figure);
    if (!video) return;
    video.controls = false;
    figure.querySelector("[data-play]").hidden = false;
    video.addEventListener("error", () => lose(figure));
  }

  function play(figure) {
    const video = mediaOf(figure);
    figure.querySelector("[data-play]").hidden = true;
    video.controls = true;
    video.focus({ preventScroll: true });
    video.play().catch(() => {}); // a failure also raises an event, which shows it
  }

  function furnish(figure) {
    if (furnished.has(figure)) return;
    furnished.add(figure);
    const image = deskStage.pictureOf(figure);
    deskStage.watch(figure);
    if (!image) {
      furnishVideo(figure);
      return;
    }
    const settle = () => deskStage.stageOf(figure).classList.remove("is-loading");
    if (!image.complete) deskStage.stageOf(figure).classList.add("is-loading");
    image.addEventListener("load", () => { settle(); deskStage.draw(figure); });
    image.addEventListener("error", () => { settle(); lose(figure); });
    if (image.complete && image.naturalWidth === 0) lose(figure);
  }

  /* The keyboard focus stays on the stage when another image is shown on it. */
  function exchange(change) {
    const focused = document.activeElement;
    const place = figures().findIndex((figure) => figure.contains(focused));
    change();
    if (place < 0) return;
    const next = focused.isConnected ? focused : figures()[place] && deskStage.stageOf(figures()[place]);
    next?.focus({ preventScroll: true });
  }

  /* Shows the image on this side; if it is on the other side, the two swap places. */
  function choose(id, side = figures().indexOf(current())) {
    const all = figures();
    const there = all.findIndex((figure) => figure.dataset.picture === id);
    if (there >= 0) {
      if (there !== side && all.length === 2 && all[side]) exchange(() => put(all[0]));
      mark(figures().find((figure) => figure.dataset.picture === id));
      showAll();
      turnTo(current());
      return;
    }
    const figure = made(id);
    if (!figure) return;
    exchange(() => (all[side] ? all[side].replaceWith(figure) : put(figure)));
    furnish(figure);
    marked = figure;
    showAll();
    turnTo(figure);
    reveal(id);
  }

  /* Scrolls the filmstrip, not the page. */
  function reveal(id) {
    const link = links().find((one) => one.dataset.choose === id);
    const filmstrip = link?.closest(".filmstrip");
    if (!filmstrip || !link.checkVisibility()) return;
    const [box, frame] = [link.getBoundingClientRect(), filmstrip.getBoundingClientRect()];
    if (box.left < frame.left) filmstrip.scrollLeft += box.left - frame.left - 12;
    if (box.right > frame.right) filmstrip.scrollLeft += box.right - frame.right + 12;
  }

  function walk(by) {
    const here = current()?.dataset.picture;
    const elsewhere = new Set(figures().map((figure) => figure.dataset.picture).filter((id) => id !== here));
    const ids = links().filter((link) => link.checkVisibility()).map((link) => link.dataset.choose).filter((id) => !elsewhere.has(id));
    const at = ids.indexOf(here);
    if (ids.length) choose(ids[at < 0 ? 0 : (at + by + ids.length) % ids.length]);
  }

  function leaf(figure, by) {
    const pages = Number(figure.dataset.pages);
    const image = deskStage.pictureOf(figure);
    const page = Number(figure.dataset.leafed || 1) + by;
    if (page < 1 || page > pages) return;
    figure.dataset.leafed = page;
    restore(figure);
    deskStage.stageOf(figure).classList.add("is-loading");
    image.src = image.src.replace(/page-\d+\/$/, `page-${page}/`);
    image.alt = `${figure.dataset.name}, page ${page} of ${pages}`;
    figure.querySelector("[data-page]").textContent = `${page} of ${pages}`;
    figure.querySelectorAll("[data-leaf]").forEach((turner) => {
      const next = page + Number(turner.dataset.leaf);
      turner.setAttribute("aria-disabled", String(next < 1 || next > pages));
    });
  }

  /* --- images that cannot be shown --------------------------------------------------------------------------------------------- */

  async function reasonOf(address) {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html", Range: "bytes=0-0" }, redirect: "manual" });
      if (answer.ok) answer.body?.cancel();
      if (answer.type === "opaqueredirect" || answer.status === 401) return "Your session has ended. Sign in again, then retry.";
      if (answer.ok) return "This browser cannot show this file. Download the original below.";
      if (answer.status === 404) return "Not available: the file was removed, or its stored copy is missing or damaged and cannot be decrypted. Tell an admin.";
      if (answer.status >= 500) return "This view could not be logged, so nothing is shown. If a retry does not help, contact an admin.";
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      return page.querySelector("[data-error-sentence]")?.textContent.trim() || "The server refused to show this file.";
    } catch {
      return "The server does not respond.";
    }
  }

  async function lose(figure) {
    const media = mediaOf(figure);
    const place = figure.querySelector("[data-not-shown]");
    figure.querySelectorAll("[data-play]").forEach((start) => { start.hidden = true; });
    media.hidden = true;
    place.hidden = false;
    const reason = await reasonOf(media.src);
    if (media.hidden) place.querySelector("[data-why]").textContent = reason;
  }

  function restore(figure) {
    figure.querySelector("[data-not-shown]").hidden = true;
    mediaOf(figure).hidden = false;
  }

  function loadAgain(figure) {
    const image = deskStage.pictureOf(figure);
    restore(figure);
    deskStage.stageOf(figure).focus({ preventScroll: true });
    if (!image) {
      mediaOf(figure).load();
      play(figure);
      return;
    }
    deskStage.stageOf(figure).classList.add("is-loading");
    image.setAttribute("src", image.getAttribute("src"));
  }

  document.addEventListener("error", (event) => {
    if (event.target.matches?.(".filmstrip img")) event.target.closest(".thumb").classList.add("is-lost");
  }, true);

  /* --- tools ------------------------------------------------------------------------------------------------------------------- */

  function overlay(on) {
    press("overlay", on);
    pair().classList.toggle("is-over", on);
    viewer().querySelector("#viewer-mix").hidden = !on;
    figures().forEach(deskStage.draw);
  }

  function openLight() {
    const row = viewer().querySelector("#viewer-light");
    row.hidden = !row.hidden;
    button("light").setAttribute("aria-expanded", String(!row.hidden));
    (row.hidden ? button("light") : row.querySelector("input")).focus({ preventScroll: true });
  }

  function showFull(on) {
    if (!viewer() || viewer().classList.contains("is-full") === on) return;
    viewer().classList.toggle("is-full", on);
    press("full", on);
    turnTo(current());
    document.dispatchEvent(new CustomEvent("desk:full", { detail: { on } }));
  }

  /* On a narrow full screen the two images are swiped, each as wide as the screen. */
  const isSwiped = () => Boolean(pair()?.closest(".is-full")) && pair().scrollWidth > pair().clientWidth + 1;

  function turnTo(figure) {
    const place = figures().indexOf(figure);
    if (place >= 0 && isSwiped()) pair().scrollTo({ left: place * pair().clientWidth, behavior: "instant" });
  }

  document.addEventListener("scroll", (event) => {
    if (event.target === pair() && isSwiped()) mark(figures()[Math.round(pair().scrollLeft / pair().clientWidth)]);
  }, { capture: true, passive: true });

  /* Where elements cannot go full screen (iPhone), the viewer fills the window. */
  async function full() {
    if (document.fullscreenElement) return document.exitFullscreen();
    if (viewer().classList.contains("is-full") || !viewer().requestFullscreen) return showFull(!viewer().classList.contains("is-full"));
    return viewer().requestFullscreen().catch(() => showFull(true));
  }

  const ACTIONS = {
    in: () => meant().forEach((figure) => deskStage.step(figure, 1)),
    out: () => meant().forEach((figure) => deskStage.step(figure, -1)),
    whole: () => meant().forEach(deskStage.whole),
    turn: () => current() && deskStage.turn(current()),
    light: openLight,
    unlit: () => { deskStage.light(current(), { brightness: 100, contrast: 100 }); showLight(); },
    together: () => press("together", !isPressed("together")),
    overlay: () => {
      overlay(!isOver());
      if (isOver()) viewer().querySelector("[data-mix]").focus({ preventScroll: true });
    },
    previous: () => walk(-1),
    next: () => walk(1),
    full,
  };

  function chooseSide(side) {
    const all = figures();
    if (all[side]) {
      mark(all[side]);
      turnTo(all[side]);
    } else if (all.length === 1) {
      const next = links().find((link) => link.checkVisibility() && link.dataset.choose !== all[0].dataset.picture);
      if (next) choose(next.dataset.choose, side);
    }
  }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest(selector);
    const link = at("[data-choose]");
    const figure = at("figure");
    const isInside = Boolean(viewer()?.contains(event.target));
    if (viewer() && link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      choose(link.dataset.choose);
      if (!isInside) deskStage.stageOf(current())?.focus();
    }
    if (!isInside || link) return;
    if (at("[data-side]")) chooseSide(Number(at("[data-side]").dataset.side));
    else if (at("[data-load-again]")) loadAgain(figure);
    else if (at("[data-play]")) play(figure);
    else if (at("[data-leaf]")) leaf(figure, Number(at("[data-leaf]").dataset.leaf));
    else if (at("[data-view]")) ACTIONS[at("[data-view]").dataset.view]?.();
  });

  document.addEventListener("input", (event) => {
    const slider = event.target;
    if (slider.matches("[data-mix]")) showMix();
    if (!slider.matches("[data-light]") || !current()) return;
    deskStage.light(current(), { [slider.dataset.light]: Number(slider.value) });
    showLight();
  });

  /* Roving tabindex: Tab reaches one tool, arrow keys the others. */
  function arrange() {
    const bar = viewer()?.querySelector(".viewer-bar");
    if (!bar || bar.querySelector('[tabindex="0"]')) return;
    bar.querySelectorAll("button").forEach((tool, place) => { tool.tabIndex = place ? -1 : 0; });
  }
  document.addEventListener("focusin", (event) => {
    const tool = event.target.closest(".viewer-bar button");
    if (tool) tool.closest(".viewer-bar").querySelectorAll("button").forEach((other) => { other.tabIndex = other === tool ? 0 : -1; });
    mark(event.target.closest("[data-viewer] figure"));
  });

  function along(bar, key, here) {
    const tools = [...bar.querySelectorAll("button:not(:disabled)")].filter((tool) => tool.checkVisibility());
    const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (key === "Home" || key === "End") return tools.at(key === "Home" ? 0 : -1);
    return by ? tools[(tools.indexOf(here) + by + tools.length) % tools.length] : null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && viewer()?.classList.contains("is-full") && !document.querySelector("dialog[open]")) {
      if (document.fullscreenElement) document.exitFullscreen();
      showFull(false);
    }
    const tool = event.target.closest?.(".viewer-bar button");
    const next = tool ? along(tool.closest(".viewer-bar"), event.key, tool) : null;
    const turner = event.target.matches?.(".stage") ? { PageUp: -1, PageDown: 1 }[event.key] : null;
    const figure = event.target.closest?.("figure");
    if (next) next.focus();
    else if (turner && figure?.dataset.pages > 1) leaf(figure, turner);
    else return;
    event.preventDefault();
  });

  document.addEventListener("fullscreenchange", () => showFull(Boolean(viewer()) && document.fullscreenElement === viewer()));

  /* After zooming by key, the arrow keys move the image: it gets the focus unless another element has it. */
  document.addEventListener("desk:pressed", ({ target }) => {
    const isZoom = target.matches("[data-view=in], [data-view=out]");
    if (isZoom && current() && document.activeElement === document.body) deskStage.stageOf(current()).focus({ preventScroll: true });
  });

  /* --- gestures, from viewer-gestures.js --------------------------------------------------------------------------------------- */

  document.addEventListener("desk:marked", (event) => mark(event.target));
  document.addEventListener("desk:gesture", ({ target, detail }) => {
    mark(target);
    if (detail.toggle && viewer().matches(".is-aligning")) return;
    if (!detail.toggle) meant().forEach((figure) => deskStage.move(figure, detail));
    else if (deskStage.of(target).zoom > 1) meant().forEach((figure) => deskStage.move(figure, { from: CENTRE, to: CENTRE, ratio: 0 }));
    else meant().forEach((figure) => deskStage.move(figure, { from: detail.toggle, to: detail.toggle, ratio: 3 }));
  });
  document.addEventListener("desk:drawn", showZoom);

  /* --- updates ----------------------------------------------------------------------------------------------------------------- */

  const plain = (item) => {
    const copy = item.cloneNode(true);
    copy.querySelectorAll("[data-choose]").forEach((link) => { link.removeAttribute("aria-current"); link.classList.remove("is-marked"); });
    copy.querySelectorAll("[class='']").forEach((element) => element.removeAttribute("class"));
    copy.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => field.removeAttribute("value"));
    return copy;
  };

  /* Replaces the filmstrip; unchanged items stay, so that no thumbnail is requested twice. */
  function renewFilmstrip(fresh) {
    const before = new Map([...viewer().querySelectorAll("[data-item]")].map((item) => [item.dataset.item, item]));
    fresh.querySelectorAll("[data-item]").forEach((item) => {
      const known = before.get(item.dataset.item);
      if (known && plain(known).isEqualNode(plain(item))) item.replaceWith(known);
    });
    fresh.querySelectorAll(".filmstrip-fold").forEach((fold) => {
      fold.open = Boolean(viewer().querySelector(`#${CSS.escape(fold.id)}`)?.open);
    });
    viewer().querySelectorAll(":scope > :is(.filmstrip, .filmstrip-fold, template)").forEach((part) => part.remove());
    viewer().append(...fresh.querySelectorAll(":scope > :is(.filmstrip, .filmstrip-fold, template)"));
  }

  /* A poll with new images must not change the two images in view, their zoom or the full screen. */
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { fragment, target, shouldSwap } = event.detail;
    const fresh = fragment.querySelector("#pictures [data-viewer]");
    if (target.id !== "pictures" || !shouldSwap || !fresh || !viewer()) return;
    event.detail.shouldSwap = false;
    const { scrollLeft } = viewer().querySelector(".filmstrip") || { scrollLeft: 0 };
    target.querySelector(":scope > header").replaceWith(document.adoptNode(fragment.querySelector("#pictures > header")));
    renewFilmstrip(document.adoptNode(fresh));
    const known = new Set(links().map((link) => link.dataset.choose));
    figures().filter((figure) => !known.has(figure.dataset.picture)).forEach((figure) => figure.remove());
    fresh.querySelectorAll(".pair figure").forEach((figure) => {
      if (figures().length < 2 && !figures().some((one) => one.dataset.picture === figure.dataset.picture)) put(figure);
    });
    viewer().querySelector(".filmstrip")?.scrollTo({ left: scrollLeft, behavior: "instant" });
    arrive();
  });

  function arrive() {
    figures().forEach(furnish);
    arrange();
    showAll();
  }

  /* After an upload, scroll to the new file in the filmstrip. */
  document.addEventListener("htmx:afterSettle", () => {
    const list = document.querySelector("#upload [data-added]");
    const [first] = list?.dataset.added.split(" ") || [];
    const link = links().find((one) => one.dataset.choose === first);
    if (!link) return;
    list.removeAttribute("data-added");
    link.scrollIntoView({ block: "center" });
    link.focus({ preventScroll: true });
    reveal(first);
  });
  window.deskViewer = { figures, isOver, overlay, viewer };
  document.addEventListener("DOMContentLoaded", arrive);
  document.addEventListener("htmx:load", (event) => { if (event.target.matches?.("body, #pictures")) arrive(); });
})();
