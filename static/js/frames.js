// A mail's frame is as tall as its content. The mail itself runs nothing: this page measures it from outside.
// <iframe class="mail-frame" data-fit>
(() => {
  const LEAST = 48; // px
  const MOST = 20000;
  const watched = new WeakMap();

  function fit(frame) {
    const inner = frame.contentDocument?.body;
    if (!inner) return; // a browser that gives the frame no origin: it keeps its height and scrolls
    const tall = Math.min(MOST, Math.max(LEAST, Math.ceil(inner.getBoundingClientRect().height)));
    frame.style.blockSize = `${tall + 2}px`;
    frame.dataset.fitted = "";
  }

  function watch(frame) {
    const inner = frame.contentDocument?.body;
    if (!inner || frame.contentDocument.URL === "about:blank") return; // lazy frames are empty until they are near
    if (watched.get(frame) === inner) return;
    watched.set(frame, inner);
    fit(frame);
    new ResizeObserver(() => fit(frame)).observe(inner); // pictures arrive, quotations unfold, the window narrows
  }

  // Loading is told to the frame alone, and does not bubble.
  document.addEventListener("load", (event) => {
    if (event.target.matches?.("iframe[data-fit]")) watch(event.target);
  }, true);
  document.querySelectorAll("iframe[data-fit]").forEach(watch);
})();
