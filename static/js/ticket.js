/* "Find in the ticket": shows matching lines, opens the branches above them, counts matches, and restores everything on Escape.
   Revealed values (a masked number, a ticket) stay revealed when their part of the page is replaced with the same values. */
"use strict";
(() => {
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[\s_-]+/g, " ").trim();
  const searched = (leaf) => plain([leaf.textContent, leaf.title, ...[...leaf.querySelectorAll("[title]")].map((cell) => cell.title)].join(" "));
  const wasOpen = new WeakMap();

  function leavesOf(ticket) {
    return [...ticket.querySelectorAll("[data-leaf]")];
  }

  function above(leaf, ticket) {
    const found = [];
    for (let branch = leaf.closest("[data-branch]"); branch && ticket.contains(branch); branch = branch.parentElement.closest("[data-branch]")) found.push(branch);
    return found;
  }

  /* Keys of parent branches are searched too: "device" finds everything below "device". */
  const keysAbove = (leaf, ticket) => above(leaf, ticket).map((branch) => plain(branch.querySelector("summary .k").textContent)).join(" ");

  function restore(ticket) {
    ticket.querySelectorAll("[data-branch], [data-found-part], [data-leaf], .tree > li").forEach((part) => {
      part.hidden = false;
      part.classList.remove("is-found");
      if (wasOpen.has(part)) part.open = wasOpen.get(part);
      wasOpen.delete(part);
    });
    ticket.querySelector("[data-found]").hidden = true;
  }

  function find(ticket, words) {
    const branches = [...ticket.querySelectorAll("[data-branch]")];
    branches.forEach((branch) => { if (!wasOpen.has(branch)) wasOpen.set(branch, branch.open); });
    const leaves = leavesOf(ticket);
    const holding = new Set(leaves.filter((leaf) => words.every((word) => searched(leaf).includes(word) || keysAbove(leaf, ticket).includes(word))));
    const remaining = new Set([...holding].flatMap((leaf) => above(leaf, ticket)));
    leaves.forEach((leaf) => {
      leaf.hidden = !holding.has(leaf);
      leaf.classList.toggle("is-found", holding.has(leaf));
    });
    branches.forEach((branch) => {
      branch.open = remaining.has(branch);
      branch.parentElement.hidden = !remaining.has(branch);
    });
    ticket.querySelectorAll("[data-found-part]").forEach((part) => { part.hidden = !leavesOf(part).some((leaf) => !leaf.hidden); });
    const line = ticket.querySelector("[data-found]");
    line.hidden = false;
    const masked = ticket.querySelector(".masked") ? " Masked values are searched after you show them." : "";
    line.textContent = `${holding.size} of ${leaves.length} lines match.${masked} Press Esc to show all.`;
  }

  function follow(field) {
    const ticket = field.closest("[data-ticket]");
    const words = plain(field.value).split(" ").filter(Boolean);
    if (words.length) find(ticket, words);
    else restore(ticket);
  }

  const typed = new Map();
  document.addEventListener("input", (event) => {
    if (!event.target.closest?.("[data-find]")) return;
    typed.set(event.target.id, event.target.value);
    follow(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !event.target.closest?.("[data-find]") || !event.target.value) return;
    event.preventDefault();
    event.target.value = "";
    typed.delete(event.target.id);
    follow(event.target);
  });

  function furnish() {
    document.querySelectorAll("[data-find]").forEach((place) => {
      const field = place.querySelector("input");
      place.hidden = false;
      if (!field.value && typed.get(field.id)) {
        field.value = typed.get(field.id);
        follow(field);
      }
    });
  }
  document.addEventListener("DOMContentLoaded", furnish);
  document.addEventListener("htmx:load", furnish);

  const kindsOf = (part) => (part.dataset.shown || "").split(" ").filter(Boolean);

  /* Runs after morph-guard.js, which skips unchanged parts. */
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (!event.detail.shouldSwap) return;
    event.detail.fragment.querySelectorAll("[data-mark]").forEach((fresh) => {
      const open = document.getElementById(fresh.id);
      const shown = open ? kindsOf(open) : [];
      if (shown.length && open.dataset.mark === fresh.dataset.mark && kindsOf(fresh).every((kind) => shown.includes(kind))) fresh.replaceWith(open);
    });
  });
})();
