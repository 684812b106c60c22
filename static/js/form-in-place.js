/* A form that opens inside the page comes into view, with the focus in its first field. */
"use strict";
document.addEventListener("htmx:load", (event) => {
  const form = event.detail.elt;
  if (!form.matches?.("form.edit-form")) return;
  const field = form.querySelector("[aria-invalid=true], input:not([type=hidden]), select, textarea");
  form.scrollIntoView({ block: "nearest" });
  field?.focus();
});
