/* Notifications. Messages come from the server (#messages, also out of band), or from this file when the server did not respond.
   Success messages disappear; errors stay until closed. */
"use strict";
(() => {
  const STAY_SECONDS = 8;

  function leaveLater(toast) {
    if (toast.dataset.armed || toast.dataset.level === "error" || toast.dataset.level === "warning") return;
    toast.dataset.armed = "1";
    const wait = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : toast.remove()), STAY_SECONDS * 1000);
    wait();
  }

  const arm = () => document.querySelectorAll("#messages .toast-line").forEach(leaveLater);

  function say(sentence, level) {
    const region = document.getElementById("messages");
    const pattern = document.getElementById("toast-pattern");
    if (!region || !pattern) return;
    const toast = pattern.content.firstElementChild.cloneNode(true);
    toast.dataset.level = level;
    toast.classList.add(level === "error" ? "is-declined" : "is-info");
    toast.querySelector("[data-sentence]").textContent = sentence;
    if ([...region.querySelectorAll("[data-sentence]")].some((line) => line.textContent === sentence)) return;
    region.append(toast);
    leaveLater(toast);
  }

  /* An error page has its message in [data-error-sentence]; it is read as text, never as markup. */
  function sentenceOf(xhr) {
    const page = new DOMParser().parseFromString(xhr.responseText || "", "text/html");
    return page.querySelector("[data-error-sentence]")?.textContent.trim() || "";
  }

  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast-line")?.remove());
  document.addEventListener("desk:silent", () => say("The server does not respond. Your input is still here. Try again in a moment.", "error"));
  document.addEventListener("desk:copied", () => say("Copied.", "info"));
  document.addEventListener("desk:not-copied", () => say("This browser does not allow copying. Select the text instead.", "error"));
  document.addEventListener("htmx:afterSwap", arm);
  document.addEventListener("htmx:oobAfterSwap", arm);
  document.addEventListener("DOMContentLoaded", arm);
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (xhr.status === 401 || (requestConfig.verb === "get" && requestConfig.elt.matches("[data-poll]"))) return;
    say(sentenceOf(xhr) || "The request failed. Your input is still here. Try again in a moment.", "error");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.requestConfig?.elt.matches("[data-poll]")) return;
      say("The server does not respond. Your input is still here. Try again in a moment.", "error");
    });
  }
})();
