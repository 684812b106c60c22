/* Marks the tab of the section in view and scrolls it into view where tabs overflow. The tabs are plain links to the sections. */
"use strict";
(() => {
  const BELOW_HEAD = 88;
  let isScheduled = false;

  function parts(tabs) {
    return [...tabs.querySelectorAll('a[href^="#"]')]
      .map((link) => ({ link, section: document.getElementById(link.hash.slice(1)) }))
      .filter(({ section }) => section?.checkVisibility());
  }

  /* The section at or above the lower edge of the sticky header is current. The last sections of a page cannot reach that edge: there the
     requested section counts, else the last one. */
  function isRead(all, line) {
    const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
    if (scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 2) {
      const asked = all.find(({ link }) => link.hash === location.hash);
      return asked && asked.section.getBoundingClientRect().top >= 0 ? asked : all.at(-1);
    }
    if (scrollTop === 0) return all[0];  // facts and images begin side by side near the top
    return all.findLast(({ section }) => section.getBoundingClientRect().top <= line) || all[0];
  }

  function show() {
    isScheduled = false;
    const tabs = document.querySelector("[data-sections]");
    const all = tabs ? parts(tabs) : [];
    if (!all.length) return;
    const { link } = isRead(all, Math.max(tabs.getBoundingClientRect().bottom, 0) + BELOW_HEAD);
    if (link.hasAttribute("aria-current") && tabs.querySelectorAll("[aria-current]").length === 1) return;
    all.forEach((one) => (one.link === link ? link.setAttribute("aria-current", "true") : one.link.removeAttribute("aria-current")));
    const [box, frame] = [link.getBoundingClientRect(), tabs.getBoundingClientRect()];
    if (box.left < frame.left || box.right > frame.right) tabs.scrollLeft += box.left - frame.left - 16;
  }

  function update() {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(show);
  }

  document.addEventListener("DOMContentLoaded", update);
  document.addEventListener("htmx:afterSettle", update);
  window.addEventListener("scroll", update, { passive: true });
  window.addEventListener("resize", update);
  window.addEventListener("hashchange", update);
})();
