// A reply on its way: its seconds run down, and one that came back goes into an empty composer by itself.
(() => {
  let ticking = 0;

  function tick() {
    const bars = document.querySelectorAll("[data-countdown]");
    for (const bar of bars) {
      bar.endsAt ??= performance.now() + Number(bar.dataset.countdown) * 1000;
      const left = Math.max(0, (bar.endsAt - performance.now()) / 1000);
      bar.value = left;
      const number = bar.parentElement.querySelector(".sending b");
      if (number) number.textContent = String(Math.ceil(left));
    }
    if (!bars.length) {
      clearInterval(ticking);
      ticking = 0;
    }
  }

  function start() {
    if (!ticking && document.querySelector("[data-countdown]")) ticking = setInterval(tick, 250);
    const back = document.querySelector("[data-came-back] a");
    const text = document.querySelector("form.composer textarea[name=text]");
    if (back && text && !text.value.trim() && document.activeElement?.form !== text.form) back.click();
  }
  start();
  document.addEventListener("htmx:afterSettle", start);
  document.addEventListener("htmx:oobAfterSwap", start);
})();
