/* Files that are about to be sent: which were chosen, how large each is, and what the desk would refuse, before megabytes travel for
   nothing. The server checks all of it again, by the bytes; without this file the browser's own field says how many were chosen. */
"use strict";
(() => {
  const MEBIBYTE = 1024 * 1024;
  const MOST = 10;
  const LIMITS = [[/\.(jpe?g|png|webp)$/i, 12], [/\.(pdf|mp4|webm)$/i, 32]];

  const size = (bytes) => (bytes < MEBIBYTE ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MEBIBYTE).toFixed(1)} MB`);

  function problem(file) {
    const limit = LIMITS.find(([ending]) => ending.test(file.name))?.[1] || 32;
    if (!file.size) return "empty";
    return file.size > limit * MEBIBYTE ? `larger than ${limit} MB` : "";
  }

  function line(file) {
    const item = document.createElement("li");
    const name = document.createElement("bdi");
    name.className = "file-name";
    name.textContent = file.name;
    const detail = document.createElement("span");
    const wrong = problem(file);
    detail.className = wrong ? "sub is-wrong" : "sub";
    detail.textContent = wrong ? `${size(file.size)}, ${wrong}` : size(file.size);
    item.append(name, " ", detail);
    return item;
  }

  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.matches?.("form[data-upload] input[type=file]")) return;
    const files = [...field.files];
    const list = field.form.querySelector("[data-chosen]");
    list.replaceChildren(...files.map(line));
    list.hidden = !files.length;
    const wrong = files.filter(problem).length;
    const words = files.length > MOST ? `At most ${MOST} files at once.` : wrong ? "Some of these files cannot be added; choose others." : "";
    field.setCustomValidity(words);
    if (words) field.reportValidity();
  });
})();
