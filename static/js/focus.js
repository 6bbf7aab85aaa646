// Focus is never lost: when the element that had it was swapped out, hidden or closed with its dialog, focus goes to its
// like in the new part, else to the menu it came from, the next row, the part around it, at last to <main>.
// HTMX itself keeps it for elements with an id; this does the rest, for every kind of swap and removal.
(() => {
  const KEPT = 6; // places remembered, the newest first
  const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const places = [];

  const isLost = () => {
    const active = document.activeElement;
    return !active || active === document.body || active === document.documentElement;
  };
  const isThere = (element) => Boolean(element?.isConnected && element.checkVisibility({ visibilityProperty: true }));
  const escape = (text) => CSS.escape(text);

  // --- remembering ---

  document.addEventListener("focusin", (event) => {
    const element = event.target;
    if (element === document.body || element.id === "main") return;
    if (places[0]?.element === element) return;
    places.unshift(describe(element));
    places.length = Math.min(places.length, KEPT);
  });

  // Somebody left on purpose (Escape, a click elsewhere): nothing to bring back. What was about to be restored for
  // another reason asks here first, since it may be due before this is.
  let left = null;
  function forgetLeft() {
    if (left && isLost() && isThere(left)) places.length = 0;
    left = null;
  }
  document.addEventListener("focusout", (event) => {
    if (event.relatedTarget || !document.hasFocus()) return;
    left = event.target;
    setTimeout(forgetLeft);
  });

  function describe(element) {
    const row = element.closest("tr[id], li[id], article[id]");
    const menu = element.closest("details")?.querySelector("summary");
    return {
      element,
      like: likeness(element),
      menu: menu && menu !== element ? { element: menu, like: likeness(menu), parts: partsOf(menu) } : null,
      row: row && { ids: siblings(row) },
      parts: partsOf(element),
    };
  }

  const partsOf = (element) => {
    const parts = [];
    for (let part = element.parentElement?.closest("[id]"); part; part = part.parentElement?.closest("[id]")) parts.push(part.id);
    return parts;
  };

  // What tells an element from others of its part, the surest first.
  function likeness(element) {
    const found = [];
    const tag = element.localName;
    if (element.id) found.push(`#${escape(element.id)}`);
    if (element.dataset.key) found.push(`[data-key="${escape(element.dataset.key)}"]`);
    if (element.name) {
      if (element.value && element.matches("button, [type=radio], [type=checkbox]")) {
        found.push(`${tag}[name="${escape(element.name)}"][value="${escape(element.value)}"]`);
      } else found.push(`${tag}[name="${escape(element.name)}"]`);
    }
    for (const name of ["href", "hx-get", "aria-label", "data-dialog", "data-compose"]) {
      const value = element.getAttribute(name);
      if (value) found.push(`${tag}[${name}="${escape(value)}"]`);
    }
    return found;
  }

  // The row itself, those after it, then those before it.
  function siblings(row) {
    const ids = [row.id];
    for (let next = row.nextElementSibling; next; next = next.nextElementSibling) if (next.id) ids.push(next.id);
    for (let last = row.previousElementSibling; last; last = last.previousElementSibling) if (last.id) ids.push(last.id);
    return ids;
  }

  // --- bringing it back ---

  function find({ like, parts }) {
    for (const selector of like.filter((each) => each.startsWith("#"))) {
      const same = document.querySelector(selector);
      if (isThere(same)) return same;
    }
    for (const id of parts) {
      const part = document.getElementById(id);
      if (!isThere(part)) continue;
      for (const selector of like) {
        const same = [...part.querySelectorAll(selector)].find(isThere);
        if (same) return same;
      }
    }
    return null;
  }

  function inRow({ ids }) {
    for (const id of ids) {
      const row = document.getElementById(id);
      if (!isThere(row)) continue;
      const place = row.querySelector(".c-title a, a, button");
      if (place) return place;
    }
    return null;
  }

  function around({ parts }) {
    for (const id of parts) {
      const part = document.getElementById(id);
      if (isThere(part) && !part.matches("dialog, #nav, #toasts")) return part;
    }
    return null;
  }

  function target() {
    for (const place of places) {
      if (isThere(place.element)) return place.element;
      const found = find(place)
        || (place.menu && (isThere(place.menu.element) ? place.menu.element : find(place.menu)))
        || (place.row && inRow(place.row));
      if (found) return found;
    }
    return (places[0] && around(places[0])) || document.getElementById("main");
  }

  function restore() {
    forgetLeft();
    if (!isLost() || !places.length || document.querySelector("dialog[open]")) return;
    const place = target();
    if (!place) return;
    if (!place.matches(FOCUSABLE)) place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
    const row = place.closest(".tickets tr[id]");
    if (row) document.body.dispatchEvent(new CustomEvent("cursor-to", { detail: { row } }));
  }

  const soon = () => setTimeout(restore);
  for (const name of ["htmx:afterSettle", "htmx:oobAfterSwap", "htmx:afterRequest"]) document.addEventListener(name, soon);
  document.addEventListener("close", soon, true); // of a dialog
  document.addEventListener("toggle", soon, true); // of a menu
  // What leaves or hides without a swap: a toast, a bar whose selection is gone.
  new MutationObserver(() => { if (isLost() && places.length) soon(); })
    .observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["hidden", "open"] });
  document.addEventListener("change", () => requestAnimationFrame(() => requestAnimationFrame(restore)));

  // A refused form starts at what was wrong; a page that came back with errors at their summary.
  document.addEventListener("htmx:afterSettle", (event) => {
    event.target.querySelector?.("[data-autofocus]")?.focus();
  });
  document.querySelector("main [data-autofocus]")?.focus();
})();
