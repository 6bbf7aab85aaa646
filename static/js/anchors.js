// Places in a conversation: #m123 leads to a message even if it is not in the page yet, and a link to it can be copied.
(() => {
  const NAME = /^#m(\d{1,15})$/;

  // A gap that holds the message answers with the part around it; the others answer that they hold nothing.
  async function find(id) {
    for (const gap of document.querySelectorAll("[data-gap]")) {
      await htmx.ajax("GET", `${gap.dataset.gap}&message=${id}`, { target: gap, swap: "outerHTML" });
      const found = document.getElementById(`m${id}`);
      if (found) return found;
    }
    return null;
  }

  async function go() {
    const wanted = NAME.exec(location.hash);
    if (!wanted) return;
    const message = document.getElementById(`m${wanted[1]}`) || (await find(wanted[1]));
    if (!message) return;
    const folded = message.querySelector("details.card");
    if (folded) folded.open = true;
    message.scrollIntoView({ block: "start" });
    message.focus({ preventScroll: true });
    message.querySelector(".card")?.classList.add("flash");
  }

  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-copy]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !navigator.clipboard) return;
    event.preventDefault();
    link.closest("details.menu")?.removeAttribute("open");
    try {
      await navigator.clipboard.writeText(link.href);
      document.dispatchEvent(new CustomEvent("say", { detail: { text: link.dataset.copy, tone: "ok" } }));
    } catch {
      location.assign(link.href); // the browser lets nobody copy: the address shows it
    }
  });

  addEventListener("hashchange", go);
  go();
})();
