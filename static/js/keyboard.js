// The keys. Single letters press the element that carries data-key="letter"; lists move a cursor over their rows.
// Off while typing, with Ctrl, Alt or Meta, in a dialog, and when the person switched them off (data-single-keys="off").
//   data-key="s"       on what S presses; "." for the menu of acts, "/" for templates, "g" waits for a second letter
//   data-send          the button that Ctrl Enter presses, where it is not the first of its form
//   data-go="m"        on a link: G, then M, follows it (they stand in the list of keys, _keys.html)
//   .tickets tr[id], [data-rows] > *         rows that J and K walk over: those with an id, or with a link
// Ctrl K asks for the palette by the event "palette-open"; where nobody takes it, the search field gets the focus.
(() => {
  const EDITABLE = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
  const SECOND_KEY = 900; // ms that a G waits for its second letter

  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
  const keysAreOff = () => document.body.dataset.singleKeys === "off";

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const ctrl = event.ctrlKey || event.metaKey;
    if (ctrl && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      search();
      return;
    }
    if (ctrl && event.key === "Enter") {
      send(event);
      return;
    }
    if (event.key === "Escape") {
      if (event.target.matches?.(EDITABLE)) event.target.blur();
      else clear();
      return;
    }
    if (ctrl || event.altKey || event.target.matches?.(EDITABLE)) return;
    if (document.querySelector("dialog[open]") || keysAreOff()) return;
    if (press(event)) event.preventDefault();
  });

  function search() {
    const asked = new CustomEvent("palette-open", { bubbles: true, cancelable: true });
    if (!document.body.dispatchEvent(asked)) return; // the palette has come
    const field = document.getElementById("q");
    field?.focus();
    field?.select();
  }

  function send(event) {
    const form = event.target.closest?.("form");
    if (!form || !event.target.matches("textarea, input")) return;
    event.preventDefault();
    const buttons = [...form.querySelectorAll("button[type=submit], button:not([type])")];
    const own = buttons.filter((button) => button.form === form && isShown(button));
    form.requestSubmit(own.find((button) => "send" in button.dataset) || own[0]);
  }

  // True when the key did something.
  function press(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.repeat && !["j", "k"].includes(key)) return true; // a key held down presses once
    if (second(key)) return true;
    if (key === "?") return showKeys();
    if (key === "[" || key === "]") return follow(`a[rel="${key === "[" ? "prev" : "next"}"]`);
    const inList = rows().length > 0;
    if (inList && key === "j") return move(1);
    if (inList && key === "k") return move(-1);
    if (inList && key === "x") return pressIn(cursor(), "[type=checkbox]");
    if (inList && (key === "o" || (key === "Enter" && !event.target.closest("a, button, summary, label")))) {
      return pressIn(cursor(), ".c-title a, a");
    }
    if (key === "g") return first();
    return pressKey(key);
  }

  function pressKey(key) {
    if (!/^[a-z./]$/.test(key)) return false;
    const all = [...document.querySelectorAll(`[data-key="${key}"]`)].filter(isShown);
    const element = key === "z" ? all.at(-1) : all[0]; // the newest toast is the one to undo
    if (element) return activate(element);
    if (key === "n" && document.body.dataset.newUrl) {
      location.assign(document.body.dataset.newUrl);
      return true;
    }
    if (key === "/") {
      search();
      return true;
    }
    return false;
  }

  function follow(selector) {
    const link = document.querySelector(selector);
    link?.click();
    return Boolean(link);
  }

  function activate(element) {
    if (element.matches("details")) {
      element.open = !element.open;
      enter(element);
    } else if (element.matches("summary")) {
      element.click();
      enter(element.parentElement);
    } else if (element.matches(EDITABLE)) element.focus();
    else {
      element.focus({ preventScroll: true }); // a dialog gives the focus back to where it came from
      element.click();
    }
    return true;
  }

  const enter = (menu) => {
    if (menu.open) menu.querySelector(".menu-list :is(a, button, input:not([type=hidden]), select)")?.focus();
  };

  // --- G and a second letter ---

  let waiting = null;

  function first() {
    waiting = setTimeout(() => {
      waiting = null;
      pressKey("g");
    }, SECOND_KEY);
    return true;
  }

  function second(key) {
    if (waiting === null) return false;
    clearTimeout(waiting);
    waiting = null;
    const link = document.querySelector(`a[data-go="${CSS.escape(key)}"]`);
    if (!link) return false;
    location.assign(link.href);
    return true;
  }

  // --- the cursor in a list ---

  const ROWS = ".tickets tbody tr[id], [data-rows] > :is([id], :has(a[href]))";
  const rows = () => [...document.querySelectorAll(ROWS)].filter(isShown);
  const nameOf = (row) => row.id || row.querySelector("a[href]")?.getAttribute("href") || ""; // what it is known by later
  const cursor = () => document.querySelector("[data-cursor]");

  function move(step) {
    const all = rows();
    const at = all.indexOf(cursor());
    const next = all[Math.max(0, Math.min(all.length - 1, at + step))];
    pointTo(next);
    next.querySelector(".c-title a, a")?.focus({ preventScroll: true }); // readers hear the row
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function pointTo(row) {
    for (const each of document.querySelectorAll("[data-cursor]")) delete each.dataset.cursor;
    row.dataset.cursor = "";
    try {
      sessionStorage.setItem(`cursor:${location.pathname}`, nameOf(row));
    } catch {
      // The place is not remembered.
    }
  }
  document.body.addEventListener("cursor-to", (event) => pointTo(event.detail.row)); // where focus.js has gone

  function pressIn(row, selector) {
    const element = row?.querySelector(selector);
    if (!element) return false;
    element.click();
    return true;
  }

  function clear() {
    const chosen = [...document.querySelectorAll(".tickets tbody :checked")];
    for (const box of chosen) box.checked = false;
    if (chosen.length) chosen[0].dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Coming back to a list, or after its rows were swapped, the cursor is where it was.
  function restore() {
    if (cursor()) return;
    let name = null;
    try {
      name = sessionStorage.getItem(`cursor:${location.pathname}`);
    } catch {
      // Nothing was remembered.
    }
    const row = name && rows().find((each) => nameOf(each) === name);
    if (row) row.dataset.cursor = "";
  }
  restore();
  document.addEventListener("htmx:afterSettle", restore);

  // --- the list of keys ---

  // Those that do something on this page stand out: data-works names what they need ("" works everywhere).
  function showKeys() {
    const dialog = document.getElementById("keys");
    if (!dialog) return false;
    for (const line of dialog.querySelectorAll("[data-works]")) {
      const needed = line.dataset.works;
      const works = !needed || [...document.querySelectorAll(needed)].some((each) => !dialog.contains(each) && isShown(each));
      line.toggleAttribute("data-off", !works || (keysAreOff() && "letter" in line.dataset));
      line.querySelector("[data-off-word]").hidden = !line.hasAttribute("data-off");
    }
    dialog.showModal();
    return true;
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-dialog="keys"]')) showKeys();
  }, true);
})();
