// The command palette: a dialog with a combobox over a listbox. Opens on the event "palette-open" (Ctrl K).
// The server offers tickets, people, views and pages; the acts of the present page are collected here: what carries
// data-key, or data-command="What it is called".
(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("[role=combobox]");
  const list = document.getElementById(input.getAttribute("aria-controls"));
  const said = dialog.querySelector("[role=status]");
  const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select";
  let acts = []; // [element, words] of the page under the dialog
  let shownFor = null; // the text that the choices are for
  let isPressed = false; // Enter came before the choices for what was typed: it waits for them

  // --- opening ---

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    if (event.key.toLowerCase() !== "k") return;
    event.preventDefault(); // also of the browser's own search; keyboard.js then leaves it alone
    if (dialog.open) shut();
    else open();
  }, true);

  document.addEventListener("palette-open", (event) => {
    event.preventDefault(); // says that it has come
    open();
  });

  function open() {
    if (dialog.open) return;
    if (document.querySelector("dialog[open]")) return; // an unfinished form is not covered
    acts = collect();
    input.value = "";
    list.replaceChildren();
    setActive(null);
    shownFor = null;
    isPressed = false;
    dialog.showModal();
    input.focus();
    input.dispatchEvent(new CustomEvent("palette-fill"));
  }

  // Where nothing had the focus before, the hidden field would keep it until the next picture, and swallow a key.
  function shut() {
    input.blur();
    dialog.close();
  }

  // --- what the page can do ---

  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

  function wordsOf(element) {
    if (element.dataset.command) return element.dataset.command;
    const label = element.getAttribute("aria-label");
    if (label) return label;
    if (element.matches(FIELDS)) return element.labels?.[0]?.textContent.trim() || "";
    const source = element.matches("details") ? element.querySelector("summary") : element;
    // A property's button shows its value; its name stands before it.
    const name = source?.closest("dd")?.previousElementSibling;
    if (source?.matches(".prop") && name?.matches("dt")) return name.textContent.trim();
    const copy = source?.cloneNode(true);
    copy?.querySelectorAll("kbd, svg, .count").forEach((part) => part.remove());
    return copy ? copy.textContent.replace(/\s+/g, " ").trim() : "";
  }

  function isThere(element) {
    if (element.disabled || element.closest("dialog, template, [hidden]")) return false;
    return element.dataset.command ? true : element.offsetParent !== null;
  }

  function collect() {
    const found = new Map();
    for (const element of document.querySelectorAll("[data-key], [data-command]")) {
      const words = isThere(element) ? wordsOf(element) : "";
      if (words && !found.has(fold(words))) found.set(fold(words), [element, words]);
    }
    return [...found.values()];
  }

  function actChoice([element, words], number) {
    const choice = document.createElement("div");
    choice.className = "choice-line";
    choice.id = `palette-act-${number}`;
    choice.setAttribute("role", "option");
    choice.setAttribute("aria-selected", "false");
    choice.dataset.act = number;
    const drawing = (element.querySelector("svg.icon") || dialog.querySelector(".search > svg")).cloneNode(true);
    if (!element.querySelector("svg.icon")) {
      const use = drawing.querySelector("use");
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#right"));
    }
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = words;
    choice.append(drawing, label);
    if (element.dataset.key) {
      const key = document.createElement("kbd");
      key.textContent = element.dataset.key.toUpperCase();
      key.setAttribute("aria-hidden", "true");
      choice.append(key);
    }
    return choice;
  }

  function addActs() {
    const place = list.querySelector("[data-acts]");
    const typed = fold(input.value).split(/\s+/).filter(Boolean);
    const fitting = acts
      .map((act, number) => [act, number])
      .filter(([[, words]]) => typed.every((start) => fold(words).split(/\s+/).some((word) => word.startsWith(start))));
    if (!place) return;
    if (!fitting.length) {
      place.remove();
      return;
    }
    place.hidden = false;
    place.append(...fitting.map(([act, number]) => actChoice(act, number)));
  }

  // --- choices ---

  const choices = () => [...list.querySelectorAll("[role=option]")];
  const active = () => list.querySelector('[role=option][aria-selected="true"]');

  function setActive(choice) {
    for (const each of choices()) each.setAttribute("aria-selected", String(each === choice));
    if (choice) {
      input.setAttribute("aria-activedescendant", choice.id);
      choice.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  list.addEventListener("htmx:afterSwap", (event) => {
    shownFor = event.detail.requestConfig.parameters.pq;
    addActs();
    const all = choices();
    setActive(all[0] || null);
    list.scrollTop = 0;
    said.textContent = `${list.getAttribute("aria-label")}: ${all.length}`;
    if (isPressed && input.value === shownFor && active()) choose(active(), false);
  });
  dialog.addEventListener("htmx:beforeRequest", () => { list.setAttribute("aria-busy", "true"); });
  dialog.addEventListener("htmx:afterRequest", () => { list.removeAttribute("aria-busy"); });

  input.addEventListener("input", () => { isPressed = false; });

  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = choices();
    const at = all.indexOf(active());
    const to = {
      ArrowDown: at + 1 >= all.length ? 0 : at + 1,
      ArrowUp: at <= 0 ? all.length - 1 : at - 1,
      PageDown: Math.min(at + 8, all.length - 1),
      PageUp: Math.max(at - 8, 0),
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (all.length) setActive(all[to]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (input.value !== shownFor) isPressed = true;
      else if (active()) choose(active(), event.ctrlKey || event.metaKey);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      shut();
    } else if (event.key === "Tab") event.preventDefault(); // one thing to focus: the choices are reached by arrows
  });

  list.addEventListener("pointermove", (event) => {
    const choice = event.target.closest("[role=option]");
    if (choice && choice !== active()) setActive(choice);
  });
  list.addEventListener("click", (event) => {
    const choice = event.target.closest("[role=option]");
    if (!choice || event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser opens another tab
    event.preventDefault();
    choose(choice, false);
  });
  list.addEventListener("pointerdown", (event) => {
    if (event.button === 0) event.preventDefault(); // the focus stays where one types
  });

  function choose(choice, elsewhere) {
    if (choice.dataset.act === undefined) {
      if (elsewhere) window.open(choice.href, "_blank", "noopener");
      else {
        shut();
        location.assign(choice.href);
      }
      return;
    }
    const [element] = acts[Number(choice.dataset.act)];
    shut();
    setTimeout(() => press(element)); // after the focus has gone back and this click has closed other menus
  }

  function press(element) {
    if (!element.isConnected) return;
    if (element.matches("details, summary")) {
      const menu = element.closest("details");
      menu.open = true;
      menu.querySelector("summary").focus();
      menu.querySelector(".menu-list :is(a, button, input:not([type=hidden]), select)")?.focus();
    } else if (element.matches(FIELDS)) element.focus();
    else {
      element.focus({ preventScroll: true });
      element.click();
    }
  }
})();
