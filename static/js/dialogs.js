// Native dialogs: data-dialog="id" opens one in the page; hx-target="#dialog" fetches one; data-close closes it.
(() => {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) show(document.getElementById(opener.dataset.dialog));
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      event.target.closest("dialog")?.close();
    }
    // The backdrop belongs to the dialog element itself: a press that lands on it, outside the content.
    if (event.target.matches("dialog[open]") && isOutside(event, event.target)) event.target.close();
  });

  // A dialog that asks something starts at its first field, not at its close button.
  function show(dialog) {
    if (!dialog || dialog.open) return;
    // A menu left open behind it would take the first Escape.
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!dialog.contains(menu)) menu.open = false;
    dialog.showModal();
    if (dialog.querySelector("[autofocus]")) return;
    dialog.querySelector(".body :is(input:not([type=hidden]), select, textarea):not(:disabled)")?.focus();
  }

  function isOutside(event, dialog) {
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.detail.target;
    if (dialog?.id !== "dialog") return;
    if (!dialog.childElementCount) dialog.close();
    else if (!dialog.open) show(dialog);
  });

  // The server closes it with HX-Trigger: dialog-close, or by answering 204.
  document.addEventListener("dialog-close", () => document.getElementById("dialog")?.close());
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr?.status === 204 && event.detail.target?.id === "dialog") event.detail.target.close();
  });
  document.getElementById("dialog")?.addEventListener("close", (event) => event.target.replaceChildren());
})();
