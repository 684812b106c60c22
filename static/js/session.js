/* The session ended while the page was open. The server answers a fragment request with 401 and says where to sign in; instead of leaving
   the page, the dialog asks for the password here, so that typed text stays. Another person signing in loads the page anew. */
"use strict";
(() => {
  const dialog = () => document.getElementById("sign-in-again");

  function useToken(token) {
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
  }

  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const box = dialog();
    if (!box || event.detail.xhr.status !== 401) return;
    event.preventDefault();
    if (!box.open) box.showModal();
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
      complaint.querySelector("span").textContent = after.querySelector("[data-error-sentence]")?.textContent.trim() || "That did not work. Try again.";
      complaint.hidden = false;
      return;
    }
    if (person !== document.body.dataset.person) {
      location.reload();
      return;
    }
    useToken(JSON.parse(after.body.getAttribute("hx-headers"))["X-CSRFToken"]);
    form.reset();
    dialog().close();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.id !== "sign-in-again-form") return;
    event.preventDefault();
    signIn(event.target).catch(() => {
      const complaint = event.target.querySelector("[data-complaint]");
      complaint.querySelector("span").textContent = "The desk does not answer. Try again in a moment.";
      complaint.hidden = false;
    });
  });
})();
