// The builder of conditions: keys in the search for people, organisations and tags, and what is typed while a row is on
// its way. Everything else is HTMX and HTML.
(() => {
  const choices = (search) => [...(search.closest(".condition-value")?.querySelectorAll(".condition-choices input") || [])];

  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.("[data-condition-find]")) fromSearch(event);
    else if (event.target.matches?.(".condition-choices input")) fromChoice(event);
  });

  // A change of the operator brings all rows again, as they were when it was asked for. What was typed or chosen since
  // then is put into them.
  const isBuilder = (event) => event.detail.target?.id === "_condition_builder";
  const controls = () => [...document.querySelectorAll("#_condition_builder :is(input:not([type=hidden]), select, textarea)")];
  const isBox = (control) => control.type === "checkbox" || control.type === "radio";
  const keyOf = (control) => (isBox(control) ? `${control.name}=${control.value}` : control.name);
  const stateOf = (control) => (isBox(control) ? control.checked : control.value);
  const snapshot = () => new Map(controls().map((control) => [keyOf(control), stateOf(control)]));
  let asked = new Map();
  let changed = new Map();
  let restored = [];

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isBuilder(event)) asked = snapshot();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isBuilder(event)) return;
    changed = new Map([...snapshot()].filter(([key, state]) => asked.has(key) && asked.get(key) !== state));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const control of changed.size ? controls() : []) {
      if (!changed.has(keyOf(control)) || changed.get(keyOf(control)) === stateOf(control)) continue;
      control[isBox(control) ? "checked" : "value"] = changed.get(keyOf(control));
      restored.push(control);
    }
    changed = new Map();
  });
  document.addEventListener("htmx:afterSettle", () => {
    const again = restored.filter((control) => control.isConnected);
    restored = [];
    for (const control of again) {
      control.dispatchEvent(new Event("change", { bubbles: true })); // the sentence below follows, and the inputs that fit
      if (control.matches("[data-condition-find]")) control.dispatchEvent(new Event("search", { bubbles: true }));
    }
  });

  // Enter takes the best that was found instead of sending the form; the arrow goes down into the choices.
  function fromSearch(event) {
    const all = choices(event.target);
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (event.target.value.trim()) all.find((each) => !each.checked)?.click();
    } else if (event.key === "ArrowDown" && all.length) {
      event.preventDefault();
      all[0].focus();
    }
  }

  function fromChoice(event) {
    if (event.target.type === "radio" || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const search = event.target.closest(".condition-value").querySelector("[data-condition-find]");
    const all = choices(event.target);
    const to = all.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    if (to < 0) search?.focus();
    else all[Math.min(to, all.length - 1)].focus();
  }
})();
