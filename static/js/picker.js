/* Turns a long <select data-picker> into a search field with a list (combobox with listbox popup). The select stays in the form and holds the
   value; options that decision.js hides are hidden here too. Without this file the select is used. */
"use strict";
(() => {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const wordsOf = (text) => plain(text).split(/\s+/).filter(Boolean);

  /* The label with the search terms highlighted; built from text nodes. */
  function marked(label, words) {
    const holder = document.createElement("span");
    const lowered = plain(label);
    const hit = lowered.length === label.length ? words.map((word) => [lowered.indexOf(word), word.length]).filter(([at]) => at >= 0).sort((a, b) => a[0] - b[0]) : [];
    let from = 0;
    for (const [at, length] of hit) {
      if (at < from) continue;
      const mark = document.createElement("mark");
      mark.textContent = label.slice(at, at + length);
      holder.append(label.slice(from, at), mark);
      from = at + length;
    }
    holder.append(label.slice(from));
    return holder;
  }

  class Picker {
    constructor(select) {
      this.select = select;
      this.active = -1;
      this.shown = [];
      this.input = Object.assign(document.createElement("input"), { className: "form-control", type: "text", id: select.id, autocomplete: "off", spellcheck: false });
      this.list = Object.assign(document.createElement("ul"), { className: "picklist", id: `${select.id}-list`, hidden: true });
      select.id = `${select.id}-value`;
      this.input.setAttribute("role", "combobox");
      this.input.setAttribute("aria-autocomplete", "list");
      this.input.setAttribute("aria-controls", this.list.id);
      if (select.required) this.input.setAttribute("aria-required", "true");
      if (select.getAttribute("aria-describedby")) this.input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
      if (select.getAttribute("aria-invalid")) this.input.setAttribute("aria-invalid", select.getAttribute("aria-invalid"));
      this.input.placeholder = select.dataset.picker || "Search the list";
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", select.labels?.[0]?.textContent.trim() || "Choices");
      this.wanted = select.required;
      select.required = false;
      select.hidden = true;
      select.after(this.input, this.list);
      this.listen();
      this.reflect();
    }

    listen() {
      this.input.addEventListener("focus", () => this.input.select());
      this.input.addEventListener("click", () => this.open());
      this.input.addEventListener("input", () => this.typed());
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => this.leave());
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const item = event.target.closest("[role=option]");
        if (item) this.pick(this.shown[[...this.list.children].indexOf(item)]);
      });
      this.select.addEventListener("change", () => this.reflect());
      this.select.form?.addEventListener("reset", () => setTimeout(() => this.reflect()));
    }

    get choices() {
      return [...this.select.options].filter((option) => option.value && !option.hidden && !option.disabled);
    }

    get chosen() {
      const option = this.select.selectedOptions[0];
      return option?.value ? option : null;
    }

    reflect() {
      this.input.value = this.chosen ? this.chosen.dataset.label || this.chosen.text : "";
      this.input.setCustomValidity(this.wanted && !this.chosen ? "Choose one from the list." : "");
      this.close();
    }

    typed() {
      if (this.chosen) {
        this.before = this.chosen;
        this.select.value = "";
        this.select.dispatchEvent(new Event("picker:cleared", { bubbles: true }));
      }
      this.input.setCustomValidity(this.wanted ? "Choose one from the list." : "");
      this.open(wordsOf(this.input.value));
    }

    open(words = []) {
      this.shown = this.choices.filter((option) => words.every((word) => plain(`${option.dataset.label || option.text} ${option.value}`).includes(word)));
      this.list.replaceChildren(...this.shown.map((option, at) => this.item(option, at, words)));
      this.list.hidden = !this.shown.length;
      this.input.setAttribute("aria-expanded", String(!this.list.hidden));
      this.mark(this.shown.length ? Math.max(this.shown.indexOf(this.chosen), 0) : -1);
    }

    item(option, at, words) {
      const item = document.createElement("li");
      item.id = `${this.list.id}-${at}`;
      item.setAttribute("role", "option");
      const code = Object.assign(document.createElement("span"), { className: "sub mono", textContent: option.dataset.sub || option.value });
      item.append(marked(option.dataset.label || option.text, words));
      if ("suggested" in option.dataset) item.append(Object.assign(document.createElement("span"), { className: "tag", textContent: "suggested" }));
      item.append(code);
      return item;
    }

    mark(at) {
      this.active = at;
      [...this.list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
      if (at >= 0) {
        this.input.setAttribute("aria-activedescendant", `${this.list.id}-${at}`);
        this.list.children[at].scrollIntoView({ block: "nearest" });
      } else this.input.removeAttribute("aria-activedescendant");
    }

    close() {
      this.list.hidden = true;
      this.active = -1;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    pick(option) {
      this.select.value = option.value;
      this.select.dispatchEvent(new Event("change", { bubbles: true }));
      this.select.dispatchEvent(new Event("picker:picked", { bubbles: true }));
    }

    leave() {
      const only = this.shown.length === 1 && !this.list.hidden && this.input.value ? this.shown[0] : null;
      if (!this.chosen && only) this.pick(only);
      this.close();
    }

    key(event) {
      const isOpen = !this.list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (!isOpen) this.open(this.chosen ? [] : wordsOf(this.input.value));
        else this.mark((this.active + (event.key === "ArrowDown" ? 1 : -1) + this.shown.length) % this.shown.length);
      } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        if (isOpen && this.active >= 0) this.pick(this.shown[this.active]);
      } else if (event.key === "Escape") {
        /* The first press closes the list and restores the choice that typing replaced, the next one leaves the field. */
        if (isOpen) event.stopPropagation();
        if (!this.chosen && this.choices.includes(this.before)) this.pick(this.before);
        if (isOpen) this.close();
        else this.input.blur();
      }
    }
  }

  const pickers = new WeakMap();

  function furnish() {
    document.querySelectorAll("select[data-picker]").forEach((select) => {
      if (!pickers.has(select)) pickers.set(select, new Picker(select));
    });
  }

  /* decision.js changes the options and asks to open the list. */
  document.addEventListener("picker:show", (event) => {
    const picker = pickers.get(event.target);
    if (!picker) return;
    picker.reflect();
    picker.input.focus();
    picker.open();
  });
  document.addEventListener("picker:set", (event) => pickers.get(event.target)?.reflect());
  document.addEventListener("DOMContentLoaded", furnish);
  document.addEventListener("htmx:load", furnish);
})();
