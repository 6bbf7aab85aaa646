// Forms that show a preview while one types (data-preview): once such a form is sent, no preview is asked for any more.
(() => {
  let isLeaving = false;

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-preview]")) isLeaving = true;
  });
  addEventListener("pageshow", () => { isLeaving = false; }); // back again, from the browser's own cache

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isLeaving && event.detail.elt.matches("[data-preview]")) event.preventDefault();
  });
  // The browser drops a request that is still out when the page goes; that is no fault to tell of.
  document.addEventListener("htmx:sendError", (event) => {
    if (isLeaving) event.stopImmediatePropagation();
  }, true);
})();
