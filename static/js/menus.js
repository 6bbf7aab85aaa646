// Menus are <details class="menu">: they work alone; here they close on a click outside, on Escape, on another opening.
(() => {
  const open = () => document.querySelectorAll("details.menu[open]");

  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.menu[open]");
    if (event.key === "Escape") {
      for (const each of open()) {
        each.open = false;
        if (each.contains(event.target)) each.querySelector("summary").focus();
        event.preventDefault();
      }
      return;
    }
    if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key) || event.target.matches("input, textarea, select")) return;
    const items = [...menu.querySelectorAll(".menu-list :is(a, button, input)")].filter((item) => item.offsetParent);
    if (!items.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = items.indexOf(document.activeElement);
    items[at < 0 ? (step > 0 ? 0 : items.length - 1) : (at + step + items.length) % items.length].focus();
  });

  // A swap that answers a menu closes it; a field in it that completes what is typed does not.
  document.addEventListener("htmx:afterRequest", (event) => {
    const menu = event.target.matches?.("input") ? null : event.target.closest?.("details.menu[open]");
    if (menu && event.detail.successful && !("keepOpen" in menu.dataset)) menu.open = false;
  });
})();
