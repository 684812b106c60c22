/* Handles a session that ended or changed while the page was open. The server answers a fragment request with 401; a dialog then asks for the
   password, so that input stays. After a sign-in of the same person in another tab the page gets the new token and repeats the request; after
   a sign-in of another person it shows a notice and discards its input. */
"use strict";
(() => {
  const dialog = () => document.getElementById("sign-in-again");

  function useToken(token) {
    const headers = JSON.parse(document.body.getAttribute("hx-headers") || "{}");
    document.body.setAttribute("hx-headers", JSON.stringify({ ...headers, "X-CSRFToken": token }));
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
  }

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const box = dialog();
    if (!box || event.detail.xhr.status !== 401) return;
    event.preventDefault();
    if (!box.open) box.showModal();
  });

  const tokenOf = (page) => JSON.parse(page.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];

  function showOtherUser() {
    document.dispatchEvent(new CustomEvent("desk:other-user"));
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    document.getElementById("other-user")?.showModal();
  }

  /* The page behind the sign-in page names the person who is signed in now. */
  async function sendAgain(config) {
    const answer = await fetch(dialog().querySelector("form").action, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.redirected) dialog().showModal();
    else if (page.body.dataset.person !== document.body.dataset.person) showOtherUser();
    else {
      useToken(tokenOf(page));
      const sender = config.elt;
      sender.dataset.again = "1";
      if (sender.matches("form")) sender.requestSubmit(config.triggeringEvent?.submitter || undefined);
      else sender.click();
    }
  }

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const refused = xhr.status === 403 ? xhr.getResponseHeader("X-Desk-Refused") : "";
    if (!refused) {
      delete requestConfig.elt.dataset.again;
      return;
    }
    if (refused === "token" && requestConfig.elt.dataset.again) return;    /* toasts.js shows the server's message */
    event.preventDefault();
    if (refused === "person") showOtherUser();
    else sendAgain(requestConfig).catch(() => document.dispatchEvent(new CustomEvent("desk:silent")));
  });

  async function signIn(form) {
    const complaint = form.querySelector("[data-complaint]");
    complaint.hidden = true;
    const fresh = await fetch(form.action, { credentials: "same-origin", headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await fresh.text(), "text/html");
    const fields = new FormData(form);
    fields.set("csrfmiddlewaretoken", page.querySelector("input[name=csrfmiddlewaretoken]")?.value || "");
    const answer = await fetch(form.action, { method: "POST", body: fields, credentials: "same-origin", headers: { Accept: "text/html" } });
    const after = new DOMParser().parseFromString(await answer.text(), "text/html");
    const person = after.body.dataset.person || "";
    if (!person) {
      complaint.querySelector("span").textContent = after.querySelector("[data-error-sentence]")?.textContent.trim() || "Sign-in failed. Try again.";
      complaint.hidden = false;
      return;
    }
    if (person !== document.body.dataset.person) {
      showOtherUser();
      return;
    }
    useToken(tokenOf(after));
    form.reset();
    dialog().close();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "sign-in-again-form") return;
    event.preventDefault();
    signIn(event.target).catch(() => {
      const complaint = event.target.querySelector("[data-complaint]");
      complaint.querySelector("span").textContent = "The server does not respond. Try again in a moment.";
      complaint.hidden = false;
    });
  });
})();
