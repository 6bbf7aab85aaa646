// What changes by itself is told to those who hear the page: in one polite region, gathered, and never one's own acts
// (the toast says those, once). Texts stand in <template id="announcer-words">.
//   new CustomEvent("announce", {detail: {text, now}})   anybody may have something told; `now` does not wait
//   data-announce                                        a part whose text is told when it changes
(() => {
  const region = document.getElementById("announcer");
  const words = document.getElementById("announcer-words")?.dataset;
  if (!region || !words) return;
  const GATHER = 2500; // ms
  const REST = 5000; // between two announcements
  const MOST = 3; // single things told in one breath; more are counted
  const AGAIN = 60000; // the same words are not repeated within this
  let said = [];
  let opened = 0;
  let timer = null;
  let lastAt = 0;
  const heard = new Map();

  const count = (one, many, number) => (number === 1 ? one : many.replace("{n}", number));

  function tell(text, now = false) {
    const line = text.trim().replace(/\s+/g, " ");
    if (!line || Date.now() - (heard.get(line) || 0) < AGAIN) return;
    heard.set(line, Date.now());
    said.push(line);
    soon(now);
  }

  function soon(now) {
    if (now) clearTimeout(timer);
    else if (timer) return;
    timer = setTimeout(speak, now ? 50 : Math.max(GATHER, lastAt + REST - Date.now()));
  }

  function speak() {
    const parts = [];
    if (opened) parts.push(count(words.newOne, words.newMany, opened));
    if (said.length <= MOST) parts.push(...said);
    else parts.push(...said.slice(0, MOST), words.more.replace("{n}", said.length - MOST));
    region.textContent = parts.join(". ");
    [said, opened, timer, lastAt] = [[], 0, null, Date.now()];
    for (const [line, at] of heard) if (Date.now() - at > AGAIN) heard.delete(line);
  }

  document.body.addEventListener("announce", (event) => tell(event.detail.text, event.detail.now));

  // New tickets, where a list shows them.
  document.body.addEventListener("inbox-changed", (event) => {
    const { verbs, own } = event.detail || {};
    if (own || !verbs?.includes("opened") || !document.querySelector("[data-announces-new]")) return;
    opened += 1;
    soon(false);
  });

  // What was added to a conversation: "Szalai Ben replied". Known by the paper it is on.
  const verbOf = { customer: words.wrote, reply: words.replied, note: words.noted, call: words.called };
  function added(entry) {
    if (!entry.matches?.("article") || !entry.closest(".timeline, .talk")) return;
    const name = entry.querySelector("header b")?.textContent.trim();
    if (!name || name === document.body.dataset.me || "mine" in entry.dataset) return;
    tell((verbOf[entry.dataset.kind] || words.wrote).replace("{name}", name));
  }

  const changed = (part) => tell(part.dataset.announce || part.textContent);

  const before = new Set([...document.querySelectorAll("article[id]")].map((each) => each.id));
  new MutationObserver((records) => {
    for (const record of records) {
      for (const node of record.addedNodes) {
        if (node.nodeType !== Node.ELEMENT_NODE) continue;
        for (const article of [node, ...node.querySelectorAll("article[id]")]) {
          if (!article.id || before.has(article.id)) continue;
          if (article.matches("article")) before.add(article.id);
          added(article);
        }
        const part = node.closest("[data-announce]");
        if (part) changed(part);
        node.querySelectorAll("[data-announce]").forEach(changed);
      }
    }
  }).observe(document.querySelector("main"), { childList: true, subtree: true });
})();
