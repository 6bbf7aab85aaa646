// Whom a reply goes to: the addresses of To and Cc become chips, typing completes them, the button names them, and what
// is odd about one is said below. The line's own field keeps only what is not an address yet.
(() => {
  const ADDRESS = /^(?:(.*?)\s*<\s*([^<>\s]+@[^<>\s]+)\s*>|([^<>\s"]+@[^<>\s"]+\.[^<>\s"]+))$/;
  const addressOf = (text) => {
    const found = ADDRESS.exec(text.trim());
    return found ? (found[2] || found[3]).toLowerCase() : "";
  };

  // Commas part addresses, but not within quotation marks.
  const parts = (text) => (text.match(/(?:"[^"]*"|[^,;"])+/g) || []).map((part) => part.trim()).filter(Boolean);

  function addChip(line, text) {
    const place = line.closest("[data-readers]");
    const address = addressOf(text);
    const there = [...place.querySelectorAll("[data-chips] .tag")].some((chip) => chip.dataset.address === address);
    if (!address || there) return Boolean(there);
    const chip = place.querySelector("template[data-chip]").content.firstElementChild.cloneNode(true);
    chip.dataset.address = address;
    chip.title = text;
    chip.querySelector("span").textContent = address;
    const value = chip.querySelector("input");
    value.name = line.dataset.chips;
    value.value = text.trim();
    const remove = chip.querySelector("button");
    remove.setAttribute("aria-label", `${place.dataset.remove}: ${address}`);
    line.querySelector("input:not([type=hidden])").before(chip);
    return true;
  }

  // What is an address becomes a chip; the rest stays where it was typed.
  function settle(line, { keepLast = false } = {}) {
    const field = line.querySelector("input:not([type=hidden])");
    const found = parts(field.value);
    const last = keepLast && !/[,;]\s*$/.test(field.value) ? found.pop() : undefined;
    const left = found.filter((part) => !addChip(line, part));
    if (last !== undefined) left.push(last);
    const value = left.join(", ");
    if (value !== field.value) field.value = value;
    changed(line);
  }

  function changed(line) {
    const form = line.closest("form");
    nameReaders(form);
    checkReaders(form);
  }

  function nameReaders(form) {
    const button = form.querySelector("[data-send-one]");
    const to = [...form.querySelectorAll('[data-chips="to"] .tag')];
    const all = form.querySelectorAll("[data-chips] .tag").length;
    if (!button) return;
    const words = !to.length ? button.dataset.sendNobody : all === 1 ? button.dataset.sendOne : button.dataset.sendMore;
    button.querySelector("span").textContent = words
      .replace("%s", to[0]?.dataset.address || "").replace("%n", String(all - 1));
  }

  const checking = new WeakMap();
  function checkReaders(form) {
    const place = form.querySelector("[data-readers]");
    const list = place.querySelector("[data-odd-readers]");
    const there = new Set([...place.querySelectorAll(".tag")].map((chip) => chip.dataset.address));
    for (const line of [...list.children]) if (!there.has(line.dataset.address)) line.remove();
    const known = checking.get(form) || new Set();
    checking.set(form, known);
    const fresh = [...place.querySelectorAll(".tag")].filter((chip) => !known.has(chip.dataset.address));
    if (!fresh.length) return;
    const query = new URLSearchParams();
    for (const chip of fresh) {
      known.add(chip.dataset.address);
      query.append("check", chip.querySelector("input").value);
    }
    ask(place, query).then((found) => {
      for (const { address, warning } of found) {
        if (!warning || [...list.children].some((line) => line.dataset.address === address)) continue;
        const line = place.querySelector("template[data-odd-reader]").content.firstElementChild.cloneNode(true);
        line.dataset.address = address;
        line.querySelector("b").textContent = address;
        line.querySelector("span").textContent = warning;
        list.append(line);
      }
    });
  }

  async function ask(place, query) {
    try {
      const answer = await fetch(`${place.dataset.readers}?${query}`, { headers: { "HX-Request": "true" } });
      return answer.ok ? (await answer.json()).found : [];
    } catch {
      return []; // without suggestions the address is typed out
    }
  }

  let timer = 0;
  document.addEventListener("input", (event) => {
    const line = event.target.closest("[data-chips]");
    if (!line) return;
    if (/[,;]/.test(event.target.value)) settle(line, { keepLast: true });
    clearTimeout(timer);
    const words = event.target.value.trim();
    if (words.length < 2) return Desk.suggest.close();
    timer = setTimeout(async () => {
      const found = await ask(line.closest("[data-readers]"), new URLSearchParams({ q: words }));
      if (event.target.value.trim() !== words || document.activeElement !== event.target) return;
      Desk.suggest(event.target, found, {
        label: event.target.labels[0]?.textContent || "",
        choose(item) {
          event.target.value = "";
          addChip(line, item.text);
          changed(line);
          event.target.dispatchEvent(new Event("change", { bubbles: true }));
          event.target.dispatchEvent(new Event("input", { bubbles: true }));
        },
      });
    }, 200);
  });
  document.addEventListener("focusout", (event) => {
    const line = event.target.closest("[data-chips]");
    if (line && event.target.matches("input")) settle(line);
  });
  document.addEventListener("keydown", (event) => {
    const line = event.target.closest?.("[data-chips]");
    if (!line || !event.target.matches("input") || event.defaultPrevented) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault(); // Enter ends an address, it does not send the mail
      settle(line);
    } else if (event.key === "Backspace" && !event.target.value) {
      [...line.querySelectorAll(".tag")].pop()?.remove();
      changed(line);
    }
  });
  document.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-chips] .tag button");
    if (remove) {
      const line = remove.closest("[data-chips]");
      remove.closest(".tag").remove();
      changed(line);
      const field = line.querySelector("input:not([type=hidden])");
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
      return;
    }
    const all = event.target.closest("[data-reply-all]");
    if (!all) return;
    event.preventDefault();
    const line = all.closest("[data-readers]").querySelector('[data-chips="cc"]');
    line.open = true;
    for (const each of all.querySelectorAll("data")) addChip(line, each.value);
    all.remove();
    changed(line);
    line.querySelector("input:not([type=hidden])").focus();
  });

  function start() {
    for (const place of document.querySelectorAll("[data-readers]:not([data-started])")) {
      place.dataset.started = "";
      const known = new Set();
      checking.set(place.closest("form"), known);
      for (const line of place.querySelectorAll("[data-chips]")) {
        const field = line.querySelector("input:not([type=hidden])");
        const drawn = [...line.querySelectorAll(".tag input:disabled")]; // by the server, which also wrote them into the field
        for (const value of drawn) value.disabled = false;
        const isDrawn = (part) => drawn.some((value) => value.value === part);
        const left = field.matches("[aria-invalid]") ? [field.value]
          : parts(field.value).filter((part) => !isDrawn(part) && !addChip(line, part));
        field.value = left.join(", ");
      }
      for (const chip of place.querySelectorAll(".tag")) known.add(chip.dataset.address); // the server has judged these
      nameReaders(place.closest("form"));
    }
  }
  start();
  document.addEventListener("htmx:afterSettle", start);
})();
