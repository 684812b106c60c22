/* Lists the selected files with their sizes and reports limits before the upload starts. The limits are attributes of the field. The server
   checks the bytes again; without this file the browser's own field shows the number of files. */
"use strict";
(() => {
  const MEBIBYTE = 1024 * 1024;
  const megabytes = (bytes) => `${Math.floor(bytes / MEBIBYTE)} MB`;

  const size = (bytes) => (bytes < MEBIBYTE ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MEBIBYTE).toFixed(1)} MB`);

  function problem(file, limits) {
    if (!file.size) return "empty";
    const isPicture = limits.pictureEndings.split(",").some((ending) => file.name.toLowerCase().endsWith(ending));
    const most = Number(isPicture ? limits.largestPicture : limits.largestFile);
    return file.size > most ? `larger than ${megabytes(most)}` : "";
  }

  function problemOfAll(files, limits) {
    if (files.length > Number(limits.mostFiles)) return `At most ${limits.mostFiles} files at once.`;
    if (files.some((file) => problem(file, limits))) return "Some of these files cannot be added. Choose others.";
    const together = files.reduce((sum, file) => sum + file.size, 0);
    return together > Number(limits.mostTogether) ? `Together these files are larger than ${megabytes(limits.mostTogether)}. Add them in batches.` : "";
  }

  function line(file, limits) {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    name.className = "file-name";
    name.textContent = file.name;
    const detail = document.createElement("span");
    const wrong = problem(file, limits);
    detail.className = wrong ? "sub is-wrong" : "sub";
    detail.textContent = file.size ? [size(file.size), wrong].filter(Boolean).join(", ") : wrong;
    item.append(name, " ", detail);
    return item;
  }

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches?.("form[data-upload] input[type=file]")) return;
    const files = [...field.files];
    const list = field.form.querySelector("[data-chosen]");
    list.replaceChildren(...files.map((file) => line(file, field.dataset)));
    list.hidden = !files.length;
    const words = problemOfAll(files, field.dataset);
    field.setCustomValidity(words);
    if (words) field.reportValidity();
  });
})();
