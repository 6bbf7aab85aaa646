// The paper page: its button opens the browser's own print window.
(() => {
  document.querySelector("[data-print-page]")?.addEventListener("click", () => print());
})();
