/* The base URL of a provider account follows its environment, unless it is an address of the admin's own. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const url = document.querySelector("[data-base-urls]");
  const environment = url?.form.elements.environment;
  if (!environment) return;
  const known = JSON.parse(url.dataset.baseUrls);
  const follow = () => {
    if (!url.value.trim() || Object.values(known).includes(url.value.trim())) url.value = known[environment.value] ?? "";
  };
  environment.addEventListener("change", follow);
  if (!url.value && !url.form.querySelector(".errorlist")) follow();
});
