// The composer: its two sides, what is too long to be typed, an answer held back, a server that is away, and up to
// which line of the history its writer has read.
(() => {
  const READ_AFTER = 800; // ms in sight
  const store = (() => {
    try {
      return localStorage;
    } catch {
      return null;
    }
  })();
  const composers = () => document.querySelectorAll("form[data-draft]:has([name=kind])");
  const side = (form) => form.querySelector("[name=kind]:checked")?.value;

  // The hidden half must not hold up the form, nor travel with it.
  function showSide(form) {
    const note = side(form) === "note";
    for (const field of form.querySelectorAll("textarea.if-reply")) field.disabled = note;
    for (const field of form.querySelectorAll("textarea.if-note")) field.disabled = !note;
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form || event.target.name !== "kind") return;
    store?.setItem(`draft:${form.dataset.draft}:kind`, event.target.value);
    const from = event.target.value === "note" ? "reply" : "note";
    form.dispatchEvent(new CustomEvent("side-changed", { bubbles: true, detail: { form, from } }));
    showSide(form);
    [...form.querySelectorAll("textarea[name]")].find((field) => !field.disabled)?.focus();
  });

  // R and M switch the side and put the cursor into its text.
  document.addEventListener("click", (event) => {
    const chooser = event.target.closest("[data-compose]");
    const form = chooser && document.querySelector("form.composer[data-draft]");
    const radio = form?.querySelector(`[name="kind"][value="${chooser.dataset.compose}"]`);
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    form.scrollIntoView({ block: "nearest" });
  });

  // The side on which the writer was. The drafts may have been restored before this script was there to hear of it.
  function restoreSide(form) {
    if (!form.querySelector("[name=kind]")) return;
    const kept = store?.getItem(`draft:${form.dataset.draft}:kind`);
    const radio = kept && [...form.querySelectorAll("[name=kind]")].find((each) => each.value === kept);
    if (radio && !("typed" in form.dataset) && !new URLSearchParams(location.search).has("write")) radio.checked = true;
    showSide(form);
  }
  document.addEventListener("draft-restored", (event) => restoreSide(event.target));
  composers().forEach(restoreSide);

  // Head and properties are read along with what is chosen below them, so that its menu can follow the status.
  document.addEventListener("htmx:configRequest", (event) => {
    const then = document.querySelector("form.composer select[name=then]");
    if (then && event.detail.elt.closest("#_ticket_head, [id^=_props_]")) event.detail.parameters.then = then.value;
  });

  // --- too long ---

  let overlong = "";
  document.addEventListener("paste", (event) => {
    const form = event.target.closest?.("form[data-longest]");
    if (!form || !event.target.matches("textarea")) return;
    const text = event.clipboardData?.getData("text/plain") || "";
    const length = event.target.value.length + text.length;
    if (length <= Number(form.dataset.longest)) return;
    event.preventDefault();
    overlong = text;
    const banner = form.querySelector("[data-too-long]");
    const place = banner.querySelector("strong");
    place.dataset.words ??= place.textContent;
    place.textContent = place.dataset.words.replace("%s", length.toLocaleString(document.documentElement.lang));
    banner.hidden = false;
    banner.querySelector("button").focus();
  });
  document.addEventListener("click", (event) => {
    const form = event.target.closest("form");
    if (event.target.closest("[data-attach-text]")) {
      const file = new File([overlong], "text.txt", { type: "text/plain" });
      form.dispatchEvent(new CustomEvent("attach", { bubbles: true, detail: { files: [file] } }));
    } else if (!event.target.closest("[data-leave-text]")) return;
    overlong = "";
    form.querySelector("[data-too-long]").hidden = true;
    [...form.querySelectorAll("textarea[name]")].find((field) => !field.disabled)?.focus();
  });

  // --- held back, and a server that is away ---

  document.addEventListener("click", (event) => {
    const back = event.target.closest("[data-held-back]");
    if (!back) return;
    event.preventDefault();
    const form = back.closest("form");
    back.closest(".composer-held").remove();
    [...form.querySelectorAll("textarea[name]")].find((field) => !field.disabled)?.focus();
  });

  function away(event) {
    const form = event.detail.elt?.closest?.("form.composer");
    const banner = form?.querySelector("[data-unreachable]");
    if (!banner || (event.type === "htmx:responseError" && event.detail.xhr.status < 500)) return;
    event.preventDefault(); // no passing word: it stays until it is sent
    banner.hidden = false;
    banner.querySelector("button").focus();
  }
  for (const kind of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(kind, away, true);
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    const banner = event.detail.elt?.querySelector?.(":scope [data-unreachable]");
    if (banner) banner.hidden = true;
  });

  // --- read up to ---

  // What comes in while somebody writes counts as read once it was in sight, above the composer, on a page in view.
  const unread = new Set();
  const watching = typeof IntersectionObserver === "undefined" ? null : new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) {
      clearTimeout(target.readTimer);
      if (isIntersecting && document.visibilityState === "visible") {
        target.readTimer = setTimeout(() => {
          unread.delete(target);
          watching.unobserve(target);
          settleRead();
        }, READ_AFTER);
      }
    }
  }, { rootMargin: "-60px 0px -260px 0px" });

  function settleRead() {
    for (const each of unread) if (!each.isConnected) unread.delete(each);
    const end = document.getElementById("_timeline_end");
    const newest = Number(new URLSearchParams(end?.getAttribute("hx-get")?.split("?")[1]).get("after") || 0);
    if (unread.size) return;
    for (const form of composers()) {
      const field = form.elements.based_on;
      if (field && newest > Number(field.value)) field.value = newest;
    }
  }
  const timeline = document.querySelector(".timeline");
  if (timeline && watching) {
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) {
          if (!node.matches?.(".entry:not(.waiting), .changes")) continue;
          unread.add(node);
          watching.observe(node);
        }
      }
    }).observe(timeline, { childList: true });
  }
})();
