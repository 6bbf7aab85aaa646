// A part marked data-patient is not swapped by a live hint while one of its menus is open under somebody's hand.
// What was put off is read as soon as the menu closes.
(() => {
  const isBusy = (part) => part.querySelector("details.menu[open]") !== null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = event.detail.elt;
    if (!part.matches("[data-patient]") || !isBusy(part)) return; // its forms ask for themselves
    event.preventDefault();
    part.dataset.stale = "";
  });

  document.addEventListener("toggle", (event) => {
    const part = event.target.closest?.("[data-patient][data-stale]");
    if (!part || isBusy(part)) return;
    delete part.dataset.stale;
    part.dispatchEvent(new CustomEvent("menu-closed"));
  }, true);
})();
