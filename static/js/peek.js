/* Shows the selected case beside the list: Space opens the preview and closes it, Escape closes it, j and k move it along. The focus stays in the
   list, and each preview is logged by the server. */
"use strict";
(() => {
  const DELAY_MS = 150;    /* while a key is held down, only the row at which it stops is loaded */
  const panel = () => document.getElementById("peek");
  const isOpen = () => Boolean(panel() && !panel().hidden);
  let shownFor = "";
  let timer = 0;

  function load(link) {
    clearTimeout(timer);
    if (shownFor === link.id) return;
    shownFor = link.id;
    timer = setTimeout(() => window.htmx.ajax("GET", `${link.pathname}peek/`, { source: "#peek", target: "#peek" }), DELAY_MS);
  }

  function say(text) {
    document.querySelector("[data-peek-status]").textContent = text;
  }

  function close() {
    clearTimeout(timer);
    shownFor = "";
    window.htmx.trigger(panel(), "htmx:abort");
    if (panel().contains(document.activeElement)) document.querySelector("[data-row].is-here [id^=open-]")?.focus();
    panel().hidden = true;
    panel().replaceChildren();
    say("Preview closed");
  }

  document.addEventListener("desk:peek", (event) => {
    const link = event.target.querySelector("[id^=open-]");
    if (!link || !panel()) return;
    if (isOpen() && shownFor === link.id) {
      close();
      return;
    }
    panel().hidden = false;
    load(link);
  });
  document.addEventListener("focusin", (event) => {
    const link = isOpen() && event.target.closest?.("[data-row]")?.querySelector("[id^=open-]");
    if (link) load(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen() && !event.defaultPrevented && !document.querySelector("dialog[open], details.menu[open]")) close();
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-peek-close]")) close(); });

  /* A refusal is shown where the preview would be. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target?.id !== "peek") return;
    if (!isOpen()) event.detail.shouldSwap = false;
    else if (xhr.status >= 400 && xhr.status !== 401) {
      const page = new DOMParser().parseFromString(xhr.responseText || "", "text/html");
      const sentence = document.createElement("p");
      sentence.className = "peek-refused";
      sentence.textContent = page.querySelector("[data-error-sentence]")?.textContent.trim() || "The preview could not be loaded. Try again in a moment.";
      target.replaceChildren(sentence);
      say(sentence.textContent);
      event.detail.shouldSwap = false;
      event.detail.isError = false;
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id === "peek") say(`Preview: ${panel().querySelector("h2")?.textContent.trim().replace(/\s+/g, " ") || ""}`);
  });
})();
