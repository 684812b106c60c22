/* Opens a case by a click anywhere in its row, and refreshes the list without moving rows under the pointer. While the pointer or the selected
   row is in the list, rows are updated in place, removed rows turn grey and new ones are counted above the list; otherwise it is replaced. */
"use strict";
(() => {
  const list = () => document.querySelector("[data-case-list]");
  const rowsOf = (root) => [...root.querySelectorAll("[data-row]")];
  let isPointing = false;

  document.addEventListener("pointerover", (event) => { isPointing = Boolean(event.target.closest?.("[data-case-list]")); });

  const isBusy = () => isPointing || Boolean(list()?.querySelector("[data-row].is-here")) || Boolean(list()?.contains(document.activeElement));

  function grey(row) {
    row.classList.add("is-gone");
    row.querySelectorAll("button, input").forEach((control) => { control.disabled = true; });
    const place = row.querySelector(".a");
    if (place) place.textContent = "No longer in this list";
  }

  function freshen(old, fresh) {
    const remaining = new Map(rowsOf(old).map((row) => [row.id, row]));
    let added = 0;
    rowsOf(fresh).forEach((row) => {
      const here = remaining.get(row.id);
      remaining.delete(row.id);
      if (!here) added += 1;
      else if (here.dataset.row !== row.dataset.row && !here.contains(document.activeElement)) {
        if (here.classList.contains("is-here")) row.classList.add("is-here");
        here.replaceWith(row);
        window.htmx.process(row);
      }
    });
    remaining.forEach(grey);
    const news = old.querySelector("[data-new-cases]");
    if (!news) return;
    news.hidden = !added;
    news.querySelector("[data-new-count]").textContent = added === 1 ? "1 new case" : `${added} new cases`;
  }

  /* The link in the row stays the way for keyboards and screen readers; text can be selected and controls keep their own clicks. */
  const linkOf = (event) => {
    const row = event.target.closest?.("[data-row]:not(.is-gone)");
    const isOther = !row || event.target.closest("a, button, input, select, label") || String(window.getSelection());
    return isOther ? null : row.querySelector("[id^=open-]");
  };
  const openBeside = (link) => window.open(link.href, "_blank", "noopener");

  document.addEventListener("click", (event) => {
    const link = event.defaultPrevented ? null : linkOf(event);
    if (!link) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) openBeside(link);
    else link.click();
  });
  document.addEventListener("auxclick", (event) => {
    const link = event.button === 1 ? linkOf(event) : null;
    if (!link) return;
    event.preventDefault();
    openBeside(link);
  });

  /* The form of filters opens with the focus in its first field; a choice from a search field is applied at once. */
  document.addEventListener("toggle", (event) => {
    if (event.target.id === "filter-menu" && event.target.open) event.target.querySelector("select:not([hidden]), input")?.focus();
  }, true);
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-filter-form]")) event.target.querySelectorAll("select").forEach((select) => { select.disabled = !select.value; });
  });
  document.addEventListener("picker:picked", (event) => event.target.closest("[data-filter-form]")?.requestSubmit());

  /* A name or a reason that does not fit is shown whole on hover. */
  document.addEventListener("pointerover", (event) => {
    const text = event.target.closest?.("[data-row] td")?.querySelector("bdi, p");
    if (text && !text.title && (text.scrollWidth > text.clientWidth || text.scrollHeight > text.clientHeight)) text.title = text.textContent.trim();
  });

  /* The way back from a case names its row: the row is selected, and j and k go on from it. */
  document.addEventListener("DOMContentLoaded", () => {
    const row = window.location.hash.startsWith("#open-") && document.getElementById(window.location.hash.slice(1));
    if (row) {
      row.focus({ preventScroll: true });
      row.closest("tr").scrollIntoView({ block: "center" });
    }
    document.querySelector("#queue-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    if (xhr.status !== 200 || !target?.matches?.("[data-case-list]") || !requestConfig.elt.matches("[data-poll]") || !isBusy()) return;
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const fresh = answer.querySelector("[data-case-list]");
    if (!fresh) return;
    event.detail.shouldSwap = false;
    answer.querySelectorAll("[hx-swap-oob][id]").forEach((part) => document.getElementById(part.id)?.replaceWith(document.importNode(part, true)));
    freshen(target, document.importNode(fresh, true));
  });
})();
