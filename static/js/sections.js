/* Long pages: the tab of the section that is being read is marked. The tabs are plain links to the sections. */
"use strict";
(() => {
  let watcher = null;

  function watch() {
    const tabs = document.querySelector("[data-sections]");
    watcher?.disconnect();
    if (!tabs) return;
    const links = new Map([...tabs.querySelectorAll('a[href^="#"]')].map((link) => [link.hash.slice(1), link]));
    const inView = new Set();
    watcher = new IntersectionObserver((entries) => {
      entries.forEach((entry) => (entry.isIntersecting ? inView.add(entry.target.id) : inView.delete(entry.target.id)));
      const first = [...links.keys()].find((id) => inView.has(id));
      if (!first) return;
      links.forEach((link, id) => (id === first ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
    }, { rootMargin: "-112px 0px -55% 0px" });
    links.forEach((_, id) => {
      const section = document.getElementById(id);
      if (section) watcher.observe(section);
    });
  }

  document.addEventListener("DOMContentLoaded", watch);
  document.addEventListener("htmx:afterSettle", watch);
})();
