// The agent's desk, and his state in the top bar of every page: clocks that tick, a sign of life, what rings, keys.
//   data-since="ms", data-until="ms"   clocks that count up, and down to zero
//   data-ring="ms"                     with data-until: the ring around an offer, so long in all
//   data-shows-at="ms"                 appears at that moment (a limit is passed)
//   data-alert="offer-12" data-text    said to readers at once, once
//   data-press="Enter"                 a button that this key presses, outside of fields
//   data-digit="1"                     in an open menu, or where nothing else has the focus: the digit chooses
//   data-desk-draft="12"               a form whose words stay in this tab until it is sent
// The server's clock is told by data-now on #_desk_state; all clocks go by it.
(() => {
  const { body } = document;
  const top = document.querySelector("[data-desk-alive]");
  if (!top) return;
  const BEAT = 15000; // ms between two signs of life of all tabs together; the server waits 45 s
  const TICK = 500;
  const EDITABLE = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

  // --- the clock ---

  let offset = 0;
  let told = "";
  const now = () => Date.now() + offset;

  function setClock() {
    const said = document.getElementById("_desk_state")?.dataset.now;
    if (!said || said === told) return;
    told = said;
    offset = Number(said) - Date.now();
  }

  function words(ms) {
    const whole = Math.max(0, Math.floor(ms / 1000));
    const pad = (number) => String(number).padStart(2, "0");
    const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
    return hours ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${pad(minutes)}:${pad(seconds)}`;
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    const at = now();
    for (const clock of document.querySelectorAll("[data-since]")) write(clock, words(at - Number(clock.dataset.since)));
    for (const clock of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Number(clock.dataset.until) - at);
      if (clock.dataset.ring) drain(clock, left);
      else write(clock, words(left + 999));
    }
    for (const word of document.querySelectorAll("[data-shows-at]")) word.hidden = at < Number(word.dataset.showsAt);
  }

  function drain(ring, left) {
    const share = Math.min(100, Math.max(0, (100 * left) / Number(ring.dataset.ring)));
    ring.querySelector(".left").setAttribute("stroke-dasharray", `${share.toFixed(1)} 100`);
    write(ring.querySelector("[data-seconds]"), String(Math.ceil(left / 1000)));
  }

  // --- a sign of life ---

  // Once for all tabs. A page behind others has its timers put to sleep; the server's pings come through all the same.
  function beat() {
    if (document.getElementById("_desk_state")?.dataset.present !== "1") return;
    const last = Number(read(localStorage, "desk-beat") || 0);
    if (Math.abs(Date.now() - last) < BEAT - TICK) return;
    keep(localStorage, "desk-beat", String(Date.now()));
    const token = JSON.parse(body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];
    fetch(top.dataset.deskAlive, { method: "POST", headers: { "X-CSRFToken": token }, redirect: "manual" })
      .then((got) => { if (!got.ok) forget(localStorage, "desk-beat"); })
      .catch(() => forget(localStorage, "desk-beat")); // live.js says that the line is lost; the next beat tries again
  }

  function read(storage, key) {
    try {
      return storage.getItem(key);
    } catch {
      return null; // nothing may be kept in this browser
    }
  }
  function keep(storage, key, value) {
    try {
      storage.setItem(key, value);
    } catch {
      // It is kept in the page alone.
    }
  }
  function forget(storage, key) {
    try {
      storage.removeItem(key);
    } catch {
      // There is nothing.
    }
  }

  // --- what rings ---

  const title = document.title;
  let lastAlert = "";

  function ring() {
    const asks = document.querySelector("#_desk_ring [data-alert]");
    const key = asks?.dataset.alert || "";
    document.title = key ? `● ${asks.dataset.text.split(".")[0]}` : title;
    if (key === lastAlert) return;
    lastAlert = key;
    document.getElementById("desk-alert").textContent = key ? asks.dataset.text : "";
    const detail = { key, text: asks?.dataset.text || "", isOffer: Boolean(asks?.hasAttribute("data-rings")) };
    document.dispatchEvent(new CustomEvent("desk-alert", { detail })); // ringing.js
  }

  // --- keys ---

  const isShown = (element) => element.checkVisibility({ visibilityProperty: true });

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches?.(EDITABLE)) return;
    if (event.key === "Enter" || event.key === "Escape") pressed(event);
    else if (/^[1-9]$/.test(event.key) && body.dataset.singleKeys !== "off") chosen(event);
  }, true); // before what else Escape does: while it rings, it gives back

  function pressed(event) {
    if (document.querySelector("details.menu[open]")) return; // Escape closes it, Enter chooses in it
    if (event.key === "Enter" && event.target.closest("a, button, summary, label, input")) return;
    const button = [...document.querySelectorAll(`[data-press="${event.key}"]`)].find(isShown);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  function chosen(event) {
    const menu = document.querySelector("#desk-menu[open]");
    const scope = menu || document.querySelector(".wrap-up");
    if (!scope || (!menu && document.querySelector("details.menu[open]"))) return;
    const found = [...scope.querySelectorAll(`[data-digit="${event.key}"]`)][0];
    if (!found) return;
    event.preventDefault();
    found.click();
    if (found.matches("input")) found.focus({ preventScroll: true });
  }

  // --- the result of a contact: what is typed stays ---

  const keyOf = (form) => `desk-result-${form.dataset.deskDraft}`;
  const NAMES = ["disposition", "number", "is_without", "notes", "who", "by_when", "exact"];

  function save(form) {
    const values = Object.fromEntries([...new FormData(form)].filter(([name]) => NAMES.includes(name)));
    keep(sessionStorage, keyOf(form), JSON.stringify(values));
  }

  // Once for each form: a later reading keeps the fields themselves, an answer brings what was typed.
  const restored = new Set();
  function restore(form) {
    const key = keyOf(form);
    if (restored.has(key)) return;
    restored.add(key);
    const kept = JSON.parse(read(sessionStorage, key) || "null");
    if (!kept || form.querySelector("[aria-invalid]")) return;
    for (const [name, value] of Object.entries(kept)) {
      for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
        if (field.type === "radio") field.checked = field.value === value;
        else if (field.type === "checkbox") field.checked = true;
        else field.value = value;
      }
    }
  }

  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.closest?.("[data-desk-draft]");
      if (form) save(form);
    });
  }
  body.addEventListener("desk-wrapped", (event) => {
    const form = event.target.closest?.("[data-desk-draft]") || document.querySelector("[data-desk-draft]");
    if (form) forget(sessionStorage, keyOf(form));
  });
  // On a page of its own the form is sent without HTMX; what was refused comes back filled in.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-desk-draft]:not([hx-post])")) forget(sessionStorage, keyOf(event.target));
  });

  // "It's about this": the ticket of the caller goes into the form.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-desk-ticket]");
    const form = button && document.querySelector(".wrap-up");
    if (!form) return;
    const field = form.querySelector("[name=number]");
    field.value = button.dataset.deskTicket;
    form.querySelector("[name=is_without]").checked = false;
    save(form);
    field.focus();
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.(".wrap-up");
    if (!form || event.target.name !== "is_without" || !event.target.checked) return;
    form.querySelector("[name=number]").value = "";
    save(form);
  });

  // --- at work ---

  function look() {
    setClock();
    tick();
    ring();
    document.querySelectorAll("[data-desk-draft]").forEach(restore);
  }
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("htmx:oobAfterSwap", look);
  body.addEventListener("live-ping", beat);
  body.addEventListener("live-open", beat);
  setInterval(tick, TICK);
  setInterval(beat, BEAT);
  look();
  beat();
})();
