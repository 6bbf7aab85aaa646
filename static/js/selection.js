// The selection of a list: it survives live refreshes of the rows and paging within the view, and says how many.
//   X (keyboard.js) and a click toggle a row; with Shift from the last one to this one; Shift+A: page, view, none;
//   Escape lets go. What is chosen on other pages goes along as hidden fields. "bulk-done" clears it.
(() => {
  const EDITABLE = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
  const ROW_BOX = ".tickets tbody input[name=ticket]";
  const GROUP_BOX = ".tickets tbody input[name=in_group]";
  const form = document.getElementById("bulk");
  if (!form) return;
  const said = document.getElementById("selection-said");
  let key = null;
  let chosen = new Set();
  let groups = new Set();
  let last = null; // the number of the row that was toggled last
  let announcing = null;

  const list = () => document.querySelector("[data-selection]");
  const boxes = () => [...document.querySelectorAll(ROW_BOX)];
  const groupBoxes = () => [...document.querySelectorAll(GROUP_BOX)];
  const whole = () => form.querySelector("input[name=whole]");
  const word = (name, n) => (form.dataset[name] || "").replace("%s", n);

  // --- what is kept ---

  function load() {
    key = `selection:${list()?.dataset.selection}`;
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) || "{}");
      chosen = new Set(kept.chosen);
      groups = new Set(kept.groups);
    } catch {
      // Without a storage the selection lives as long as the page.
    }
  }

  function keep() {
    try {
      if (chosen.size || groups.size) sessionStorage.setItem(key, JSON.stringify({ chosen: [...chosen], groups: [...groups] }));
      else sessionStorage.removeItem(key);
    } catch {
      // As above.
    }
  }

  // --- what the page shows of it ---

  function show() {
    const all = boxes();
    for (const box of all) box.checked = chosen.has(box.value);
    for (const box of groupBoxes()) box.checked = groups.has(box.value);
    const onPage = new Set(all.map((box) => box.value));
    const elsewhere = [...chosen].filter((number) => !onPage.has(number));
    const unseenGroups = [...groups].filter((each) => !groupBoxes().some((box) => box.value === each));
    form.querySelector("[data-selected-elsewhere]").replaceChildren(
      ...elsewhere.map((number) => hidden("ticket", number)),
      ...unseenGroups.map((each) => hidden("in_group", each)),
    );
    const head = document.querySelector("[data-select-all]");
    if (head) {
      head.checked = all.length > 0 && all.every((box) => box.checked);
      head.indeterminate = !head.checked && all.some((box) => box.checked);
    }
    const n = count();
    for (const place of form.querySelectorAll("[data-selected-count]")) place.textContent = n;
    form.toggleAttribute("data-chosen", n > 0);
    announce(n, elsewhere.length);
  }

  function hidden(name, value) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    return input;
  }

  // The tickets of a chosen group count once, whether a row of it is ticked as well or not.
  function count() {
    if (whole()?.checked) return Number(whole().dataset.count);
    const inGroups = groupBoxes().filter((box) => groups.has(box.value));
    const rows = new Set(inGroups.flatMap((box) => [...box.closest("tbody").querySelectorAll("tr[data-number]")].map((row) => row.dataset.number)));
    return inGroups.reduce((sum, box) => sum + Number(box.dataset.count), 0) + [...chosen].filter((number) => !rows.has(number)).length;
  }

  let before = "";
  function announce(n, elsewhere) {
    let words = n === 0 ? word("none") : n === 1 ? word("one") : word("many", n);
    if (whole()?.checked) words = word("whole");
    else if (elsewhere) words += `, ${word("elsewhere", elsewhere)}`;
    if (words === before || (n === 0 && before === "")) return;
    before = words;
    clearTimeout(announcing);
    announcing = setTimeout(() => { said.textContent = words; }, 250); // a range is said once
  }

  function changed() {
    keep();
    show();
  }

  function choose(number, on) {
    if (on) chosen.add(number);
    else chosen.delete(number);
    if (!on && whole()) whole().checked = false;
  }

  function clear() {
    chosen.clear();
    groups.clear();
    last = null;
    if (whole()) whole().checked = false;
    changed();
  }

  function range(from, to, on) {
    const order = boxes().map((box) => box.value);
    const [a, b] = [order.indexOf(from), order.indexOf(to)].sort((x, y) => x - y);
    if (a < 0) return choose(to, on);
    for (const number of order.slice(a, b + 1)) choose(number, on);
  }

  // --- what people do ---

  let shifted = false;
  document.addEventListener("click", (event) => { shifted = event.shiftKey; }, true);

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-select-all]")) {
      for (const each of boxes()) choose(each.value, box.checked);
      if (!box.checked) for (const each of groupBoxes()) groups.delete(each.value);
    } else if (box.matches(ROW_BOX)) {
      if (shifted && last) range(last, box.value, box.checked);
      else choose(box.value, box.checked);
      last = box.value;
    } else if (box.matches(GROUP_BOX)) {
      if (box.checked) groups.add(box.value);
      else groups.delete(box.value);
    } else if (box !== whole()) return;
    changed();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-clear-selection]")) clear();
  });

  // Before keyboard.js: it takes a letter with Shift for the letter alone.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches?.(EDITABLE) || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") {
      if (!document.querySelector("details.menu[open]")) clear();
      return;
    }
    if (!event.shiftKey || document.body.dataset.singleKeys === "off") return;
    if (event.key === "A") {
      event.preventDefault();
      more();
    } else if (event.key === "X") {
      const row = document.querySelector(".tickets tr[data-cursor]");
      if (!row?.dataset.number) return;
      event.preventDefault();
      range(last || row.dataset.number, row.dataset.number, true);
      last = row.dataset.number;
      changed();
    }
  }, true);

  // The page, then the whole view, then nothing.
  function more() {
    const all = boxes();
    if (whole()?.checked) return clear();
    if (all.length && all.every((box) => chosen.has(box.value)) && whole()) whole().checked = true;
    else for (const box of all) chosen.add(box.value);
    changed();
  }

  document.addEventListener("bulk-done", clear);
  // A swap brings rows without their ticks, and the box of the whole view.
  let wasWhole = false;
  document.addEventListener("htmx:beforeSwap", () => { wasWhole = Boolean(whole()?.checked); });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target?.id === "_bulk_whole" && wasWhole && whole()) whole().checked = true;
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (!list()) return;
    if (whole() && wasWhole) whole().checked = true;
    show();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) load();
    show();
  });
  load();
  show();
})();
