// What every page has: the theme button, toasts that leave, answers that cross, buttons at work. (Focus: focus.js.)
(() => {
  const root = document.documentElement;
  const TOAST_STAYS = 8000; // ms

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    event.target.closest("[data-toast-close]")?.closest(".toast")?.remove();
  });

  function toggleTheme() {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    try {
      localStorage.setItem("theme", next);
    } catch {
      // Kept for this page only.
    }
  }

  // --- toasts ---

  function watchToast(toast) {
    if ("watched" in toast.dataset) return;
    toast.dataset.watched = "";
    if ("stay" in toast.dataset) return; // bad news waits to be read
    let timer;
    const start = () => { timer = setTimeout(() => toast.remove(), TOAST_STAYS); };
    const stop = () => clearTimeout(timer);
    toast.addEventListener("pointerenter", stop);
    toast.addEventListener("pointerleave", start);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("focusout", start);
    start();
  }

  function say(text, tone = "bad") {
    const toasts = document.getElementById("toasts");
    if (!toasts || !text) return;
    const template = document.querySelector(`template[data-toast-tone="${tone === "bad" ? "bad" : "ok"}"]`);
    const toast = template.content.firstElementChild.cloneNode(true);
    toast.querySelector(".grow").textContent = text;
    toasts.append(toast);
  }

  const toasts = document.getElementById("toasts");
  if (toasts) {
    toasts.querySelectorAll("[data-toast]").forEach(watchToast);
    new MutationObserver(() => toasts.querySelectorAll("[data-toast]").forEach(watchToast))
      .observe(toasts, { childList: true, subtree: true });
  }

  // Any part of the page may say something: new CustomEvent("say", {detail: {text, tone}}), also by HX-Trigger.
  document.addEventListener("say", (event) => say(event.detail?.text, event.detail?.tone || "ok"));
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (!event.defaultPrevented && !failedAlone(event)) say(document.body.dataset.errorText);
    });
  }
  document.addEventListener("htmx:responseError", (event) => {
    if (event.defaultPrevented) return; // somebody says it better: sign_in.js, composer.js
    const status = event.detail.xhr.status;
    if (!failedAlone(event)) say(status === 403 ? document.body.dataset.forbiddenText : document.body.dataset.errorText);
  });

  // --- reading that nobody asked for ---

  // A part that reads itself (a hint, the clock) must not complain to somebody who did nothing; live.js is told instead.
  const LONGEST_READ = 15000; // ms; a request into a dead line would hold up its part for minutes
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { requestConfig, xhr } = event.detail;
    const cause = requestConfig.triggeringEvent;
    xhr.isLive = requestConfig.verb === "get" && !(cause?.isTrusted || cause?.submitter);
    if (xhr.isLive) xhr.timeout = LONGEST_READ;
  });
  function failedAlone(event) {
    const { xhr } = event.detail;
    if (xhr.isLive) document.body.dispatchEvent(new CustomEvent("live-read-failed", { detail: { status: xhr.status } }));
    return Boolean(xhr.isLive);
  }

  // --- answers that cross ---

  // An act and a live hint may be on their way at once. Whichever is answered first swaps out the part that asked for
  // the other, whose answer then has to find the page itself: HTMX looks in the tree of the element that asked.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, xhr } = event.detail;
    xhr.addEventListener("readystatechange", () => {
      if (xhr.readyState !== XMLHttpRequest.DONE || elt.isConnected) return;
      elt.getRootNode = () => document;
      const { target } = event.detail;
      if (target?.id && !target.isConnected) event.detail.target = document.getElementById(target.id) || target;
    });
  });

  // Buttons show that they are at work and keep their width; a second press does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (!button || form.method === "dialog" || event.defaultPrevented) return;
    if (form.matches("[hx-post], [hx-get], [hx-put], [hx-delete]")) return; // HTMX says when it starts and ends
    setTimeout(() => button.setAttribute("aria-busy", "true"));
  });
  document.addEventListener("htmx:beforeRequest", (event) => busy(event, true));
  document.addEventListener("htmx:afterRequest", (event) => busy(event, false));
  function busy(event, on) {
    const source = event.detail.requestConfig?.triggeringEvent?.submitter
      || (event.target.matches?.("button") ? event.target : null);
    if (!source) return;
    if (on) source.setAttribute("aria-busy", "true");
    else source.removeAttribute("aria-busy");
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest('button[aria-busy="true"]')) event.preventDefault();
  }, true);
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll('[aria-busy="true"]').forEach((e) => e.removeAttribute("aria-busy"));
  });

  // A select or box marked data-submit sends its form as soon as it changes; its button is for those without script.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form?.requestSubmit();
  });
})();
