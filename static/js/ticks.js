// A form marked data-needs-tick: its button marked data-needs-tick-button can be pressed once a box of it is ticked.
// Without this script the button is always there, and the server says what is missing.
(() => {
  const show = (form) => {
    const button = form.querySelector("[data-needs-tick-button]");
    if (button) button.disabled = !form.querySelector("input[type=checkbox]:checked");
  };
  const showAll = (root) => root.querySelectorAll?.("[data-needs-tick]").forEach(show);

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-needs-tick]");
    if (form) show(form);
  });
  document.addEventListener("htmx:load", (event) => showAll(event.detail.elt));
  showAll(document);
})();
