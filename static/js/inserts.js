// What is put into a text while typing: "/" at the beginning of a line (or the button) lists the ready answers, filled for
// this ticket; "@" in a note lists colleagues.
(() => {
  const lists = new Map(); // address -> promise of ready answers, until a part of the page changes: another tag, other answers
  document.addEventListener("htmx:afterSettle", () => lists.clear());

  // Keeps the browser's own undo, which setting the value would throw away.
  function replace(field, from, to, text) {
    field.focus();
    field.setSelectionRange(from, to);
    if (document.execCommand("insertText", false, text)) return; // says "input" itself
    field.setRangeText(text, from, to, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  const plain = (text) => text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();

  // Asked for once: a second answer would bring back a list that Escape has just closed.
  function templatesAt(url) {
    if (!lists.has(url)) lists.set(url, fetchTemplates(url));
    return lists.get(url);
  }

  async function fetchTemplates(url) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) {
      lists.delete(url);
      return [];
    }
    const box = document.createElement("template");
    box.innerHTML = await answer.text(); // our own partial
    const found = [...box.content.querySelectorAll("[data-template-text]")].map((link) => ({
      label: link.querySelector("b").textContent,
      note: [...link.querySelectorAll(".tag, .clip")].map((each) => each.textContent).join(" · "),
      text: link.dataset.templateText,
    }));
    found.empty = box.content.querySelector("li:not(:has(a))")?.textContent || "";
    return found;
  }

  // The word behind "/" or "@", up to the cursor; null when the cursor stands elsewhere.
  function command(field, pattern) {
    if (field.selectionStart !== field.selectionEnd) return null;
    const before = field.value.slice(0, field.selectionStart);
    const found = pattern.exec(before);
    const words = found?.[2] || ""; // nothing yet behind the sign
    return found && { words, from: before.length - words.length - 1, to: before.length };
  }

  async function offerTemplates(field) {
    const at = command(field, /(^|\n)\/([^\n]{0,40})$/);
    if (!at) return Desk.suggest.close();
    const all = await templatesAt(field.dataset.templates);
    const still = command(field, /(^|\n)\/([^\n]{0,40})$/);
    if (!still || document.activeElement !== field) return;
    const found = all.filter((each) => plain(`${each.label} ${each.note}`).includes(plain(still.words.trim())));
    if (!found.length && still.words) return Desk.suggest.close(); // a line that just begins with a stroke
    Desk.suggest(field, found, {
      label: "/",
      filter: true,
      empty: all.empty,
      choose: (item) => replace(field, still.from, still.to, item.text),
    });
  }

  let timer = 0;
  function offerColleagues(field) {
    const at = command(field, /(^|[\s(])@([^\s@][^@\n]{0,30})?$/);
    clearTimeout(timer);
    if (!at && !/(^|[\s(])@$/.test(field.value.slice(0, field.selectionStart))) return Desk.suggest.close();
    timer = setTimeout(async () => {
      const before = field.value.slice(0, field.selectionStart);
      const words = /(?:^|[\s(])@([^@\n]{0,31})$/.exec(before)?.[1];
      if (words === undefined) return;
      const answer = await fetch(`${field.dataset.mentions}&${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" } })
        .catch(() => null);
      if (!answer?.ok || document.activeElement !== field || field.value.slice(0, field.selectionStart) !== before) return;
      const { people } = await answer.json();
      const found = people.map((each) => ({
        text: `@${each.name}`,
        label: each.name,
        note: [each.sees === false && field.dataset.unseen, each.away, each.job_title].filter(Boolean).join(" · "),
      }));
      Desk.suggest(field, found, {
        label: "@",
        choose: (item) => replace(field, before.length - words.length - 1, before.length, `${item.text} `),
      });
    }, 120);
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches?.("textarea[data-templates]")) offerTemplates(field);
    else if (field.matches?.("textarea[data-mentions]")) offerColleagues(field);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-templates]");
    const field = button?.closest("form")?.querySelector("textarea[data-templates]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    const before = field.value.slice(0, field.selectionStart);
    replace(field, before.length, before.length, !before || before.endsWith("\n") ? "/" : "\n/");
  });
})();
