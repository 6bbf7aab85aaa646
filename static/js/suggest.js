// A list of suggestions below a field: Desk.suggest(field, items, {choose, label}) shows it, Desk.suggest.close() takes it
// away. Arrows move, Enter or Tab chooses, Escape closes. Items: {text, label, note}.
(() => {
  const Desk = (window.Desk ??= {});
  let open = null; // {field, items, choose, box, at}

  function suggest(field, items, { choose, label, filter = null, empty = "" }) {
    close();
    if (!items.length && !filter) return;
    const box = document.createElement("div");
    box.className = "suggestions menu-list";
    box.id = "suggestions";
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", label);
    (field.closest("form") || document.body).append(box);
    // In a menu the list lies over everything, since a menu scrolls and is narrow.
    if (field.closest(".menu-list")) {
      box.popover = "manual";
      box.showPopover();
    }
    const isPlain = field.matches("input:not([role])");
    if (isPlain) field.setAttribute("role", "combobox");
    open = { field, items, choose, box, at: 0, empty, isPlain };
    field.setAttribute("aria-controls", "suggestions");
    field.setAttribute("aria-expanded", "true");
    draw();
    place();
  }

  function draw() {
    const { box, items, at, empty } = open;
    box.replaceChildren(...items.map((item, index) => {
      const row = document.createElement("div");
      row.className = "suggestion";
      row.id = `suggestion-${index}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(index === at));
      const name = document.createElement("b");
      name.textContent = item.label;
      const note = document.createElement("span");
      note.className = "clip muted";
      note.textContent = item.note || "";
      row.append(name, note);
      row.addEventListener("pointerdown", (event) => {
        event.preventDefault(); // the field keeps the focus
        pick(index);
      });
      return row;
    }));
    if (!items.length) {
      const nothing = document.createElement("p");
      nothing.textContent = empty;
      box.append(nothing);
    }
    open.field.setAttribute("aria-activedescendant", items.length ? `suggestion-${at}` : "");
    box.children[at]?.scrollIntoView?.({ block: "nearest" });
  }

  // Above the field when it stands low on the page: data-above turns it by CSS, without a single inline style.
  function place() {
    const { field, box } = open;
    if (box.popover) {
      const at = field.getBoundingClientRect();
      const isAbove = at.top > innerHeight / 2;
      box.style.setProperty("--left", `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`);
      box.style.setProperty("--at", `${Math.round(isAbove ? innerHeight - at.top + 4 : at.bottom + 4)}px`);
      box.dataset.side = isAbove ? "above" : "below";
      return;
    }
    const form = box.parentElement;
    const middle = field.getBoundingClientRect().top - form.getBoundingClientRect().top;
    box.dataset.side = field.getBoundingClientRect().top > innerHeight / 2 ? "above" : "below";
    box.style.setProperty("--at", `${Math.round(middle)}px`); // CSSOM: the CSP forbids only what is written in the page
  }

  function pick(index) {
    if (!open || !open.items[index]) return;
    const { items, choose } = open;
    close();
    choose(items[index]);
  }

  function close() {
    if (!open) return;
    open.field.removeAttribute("aria-expanded");
    open.field.removeAttribute("aria-activedescendant");
    open.field.removeAttribute("aria-controls");
    if (open.isPlain) open.field.removeAttribute("role");
    open.box.remove();
    open = null;
  }

  document.addEventListener("keydown", (event) => {
    if (!open || event.target !== open.field) return;
    const { items } = open;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      open.at = (open.at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % Math.max(items.length, 1);
      draw();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || (event.key === "Tab" && !event.shiftKey)) {
      if (!items.length) return;
      pick(open.at);
    } else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", (event) => {
    if (open && event.target === open.field) close();
  });

  suggest.close = close;
  suggest.isOpenFor = (field) => open?.field === field;
  Desk.suggest = suggest;
})();
