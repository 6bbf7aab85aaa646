// Completes tags while they are typed: <input data-tags="/tags/find/">, with data-tags-many where commas separate several.
// Escape leaves what was typed; choosing on a ticket's page puts the tag on at once (data-tags-submit).
(() => {
  const Desk = (window.Desk ??= {});
  let waiting = 0;
  let asked = 0;

  function typed(field) {
    if (!("tagsMany" in field.dataset)) return { before: "", words: field.value };
    const at = field.value.lastIndexOf(",") + 1;
    return { before: field.value.slice(0, at), words: field.value.slice(at) };
  }

  function choose(field, item) {
    const { before } = typed(field);
    const many = "tagsMany" in field.dataset;
    field.value = before ? `${before} ${item.text}` : item.text;
    if (many) field.value += ", ";
    field.dispatchEvent(new Event("change", { bubbles: true }));
    if ("tagsSubmit" in field.dataset && item.known) field.form.requestSubmit();
  }

  async function offer(field) {
    const words = typed(field).words.trim().replace(/^#/, "");
    const turn = ++asked;
    if (!words) {
      Desk.suggest.close();
      return;
    }
    let tags = [];
    try {
      const answer = await fetch(`${field.dataset.tags}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      ({ tags } = await answer.json());
    } catch {
      return; // typing goes on without help; the page says itself that the server is away
    }
    if (turn !== asked || document.activeElement !== field) return;
    const items = tags.map((tag) => ({ text: tag.name, label: tag.name, note: tag.word ? `${tag.word} → ${tag.name}` : tag.note, known: true }));
    const same = (text) => text.toLocaleLowerCase() === words.toLocaleLowerCase();
    if (items.length && !tags.some((tag) => same(tag.name) || same(tag.word))) {
      items.push({ text: words, label: words, note: field.dataset.tagsNew || "", known: false });
    }
    Desk.suggest(field, items, { label: field.labels?.[0]?.textContent || "", choose: (item) => choose(field, item) });
  }

  document.addEventListener("input", (event) => {
    const field = event.target.closest?.("[data-tags]");
    if (!field) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => offer(field), 120);
  });
})();
