// Drafts: what is typed is kept on this device at once, and on the server a second after typing stops and on leaving.
// <form data-draft="48219"> keeps its textareas, and its inputs with data-draft-too, here; with data-draft-url the server
// keeps them too, by kind: the checked radio name="kind", or data-draft-kind. data-version-KIND is the version this page
// has seen; a page that has not seen the newest overwrites nothing: it shows what the other one has.
(() => {
  const WAIT = 1000; // ms without typing
  const LONGEST_WAIT = 8000; // ms of typing without a pause
  const RETRY = 15000;
  const FORGET = 15000; // a page that is read again may be older than the answer that its text is on the server
  const KEEP_DAYS = 30;
  const BEACON_BYTES = 60000; // more does not leave with a closing page
  // A page that is read again, or comes after another one in its tab, goes on as the same writer. While a page stands,
  // the mark is with it alone: a tab that is duplicated gets one of its own.
  const TAB = takeMark() || Math.random().toString(36).slice(2) + Date.now().toString(36);
  function takeMark() {
    try {
      const mark = sessionStorage.getItem("draft-tab");
      sessionStorage.removeItem("draft-tab");
      return mark;
    } catch {
      return null;
    }
  }
  addEventListener("pagehide", () => {
    try {
      sessionStorage.setItem("draft-tab", TAB);
    } catch {
      // The next page is another writer, and may have to choose between two texts.
    }
  });
  const store = (() => {
    try {
      return localStorage;
    } catch {
      return null;
    }
  })();
  const states = new WeakMap(); // form -> {kind: state}

  const KEPT = "textarea[name], input[name][data-draft-too]";
  const drafted = (form) => [...form.querySelectorAll(KEPT)];
  const kindOf = (form) => form.dataset.draftKind || form.querySelector("[name=kind]:checked")?.value || "reply";
  const kindOfField = (form, field) => {
    if (form.dataset.draftKind) return form.dataset.draftKind;
    return field.matches(".if-note") ? "note" : field.matches(".if-reply") ? "reply" : kindOf(form);
  };
  const textsOf = (form, kind) => drafted(form).filter((field) => kindOfField(form, field) === kind);
  const keyOf = (form, field) => `draft:${form.dataset.draft}:${field.name}`;

  function stateOf(form, kind) {
    if (!states.has(form)) states.set(form, {});
    const version = Number(form.getAttribute(`data-version-${kind.replace("_", "-")}`) || 0);
    return states.get(form)[kind] ??= { version, timer: 0, since: 0, dirty: false, saving: false, again: null, newest: 0 };
  }

  // --- on this device ---

  function keepHere(form, field) {
    if (!store) return;
    if (!field.value.trim() || field.value === field.defaultValue) {
      store.removeItem(keyOf(form, field));
      return;
    }
    const { version } = stateOf(form, kindOfField(form, field));
    const copy = { text: field.value, at: Date.now(), version, key: form.elements.key?.value };
    try {
      store.setItem(keyOf(form, field), JSON.stringify(copy));
    } catch {
      // The device is full: the server has it.
    }
  }

  function readHere(form, field) {
    try {
      return JSON.parse(store?.getItem(keyOf(form, field)) || "null");
    } catch {
      return null;
    }
  }

  function forgetHere(form, kind) {
    for (const field of textsOf(form, kind)) store?.removeItem(keyOf(form, field));
  }

  function sweep() {
    for (const key of Object.keys(store || {})) {
      if (!key.startsWith("draft:") || key.endsWith(":kind")) continue;
      let at = 0;
      try {
        at = JSON.parse(store.getItem(key)).at || 0;
      } catch {
        // Not ours to read: it goes.
      }
      if (Date.now() - at > KEEP_DAYS * 864e5) store.removeItem(key);
    }
  }

  // --- on the server ---

  function bodyOf(form, kind, extra) {
    const body = new FormData(form);
    for (const input of form.querySelectorAll("[type=file]")) body.delete(input.name);
    for (const field of textsOf(form, kind)) body.set(field.name, field.value);
    body.set("kind", kind);
    body.set("ticket", form.dataset.draftTicket || "");
    body.set("version", stateOf(form, kind).version);
    body.set("tab", TAB);
    for (const [name, value] of Object.entries(extra || {})) body.set(name, value);
    return body;
  }

  const snapshot = (form, kind) => textsOf(form, kind).map((field) => field.value).join("\0");

  function later(form, kind, wait = WAIT) {
    if (!form.dataset.draftUrl) return;
    const state = stateOf(form, kind);
    state.dirty = true;
    state.since ||= Date.now();
    clearTimeout(state.timer);
    const left = Math.max(0, state.since + LONGEST_WAIT - Date.now());
    state.timer = setTimeout(() => save(form, kind), Math.min(wait, Math.max(left, 50)));
  }

  async function save(form, kind, extra) {
    const state = stateOf(form, kind);
    if (state.isDone || !form.isConnected) return;
    if (state.saving) {
      state.again = extra || state.again || {};
      return;
    }
    clearTimeout(state.timer);
    Object.assign(state, { saving: true, dirty: false, since: 0 });
    const before = snapshot(form, kind);
    try {
      const body = bodyOf(form, kind, extra);
      const answer = await fetch(form.dataset.draftUrl, { method: "POST", body, headers: { "HX-Request": "true" } });
      if (!state.isDone) await heard(form, kind, answer, before);
    } catch {
      state.dirty = true;
      tell(form, kind, "device");
      state.timer = setTimeout(() => save(form, kind), RETRY);
    } finally {
      state.saving = false;
      const { again } = state;
      state.again = null;
      if (again && !state.isDone) save(form, kind, again);
    }
  }

  async function heard(form, kind, answer, before) {
    const state = stateOf(form, kind);
    if (answer.status === 401) {
      state.dirty = true;
      tell(form, kind, "signedOut");
      document.dispatchEvent(new CustomEvent("signed-out"));
      return;
    }
    if (![200, 409, 422].includes(answer.status)) {
      state.dirty = true;
      tell(form, kind, "device");
      return;
    }
    const said = await answer.json();
    if (said.error) {
      tell(form, kind, "device", said.error);
      return;
    }
    notice(form, kind, said.notice);
    if (answer.status === 409) {
      state.newest = said.version;
      if (state.isRestoring) { // the page shows the newest already; only the device's own text stands beside it
        state.version = said.version;
        form.querySelector(`[data-draft-notice="${kind}"] [data-draft-newer]`)?.remove();
        forgetHere(form, kind);
        save(form, kind);
      }
      state.isRestoring = false;
      return;
    }
    state.isRestoring = false;
    state.version = said.version;
    tell(form, kind, "kept", said.saved);
    clearTimeout(state.forgetting);
    state.forgetting = setTimeout(() => {
      if (!state.dirty && !state.isDone && snapshot(form, kind) === before) forgetHere(form, kind);
    }, FORGET);
  }

  function tell(form, kind, where, more = "") {
    const place = form.querySelector(`[data-draft-saved="${kind}"]`) || form.querySelector("[data-draft-saved]");
    if (!place) return;
    const words = place.dataset[where] || place.dataset.draftSaved;
    place.textContent = where === "kept" && !more ? "" : where === "device" && more ? more : `${words} ${more}`.trim();
  }

  function notice(form, kind, html) {
    const place = form.querySelector(`[data-draft-notice="${kind}"]`);
    if (!place || html === undefined) return;
    const isOpen = place.querySelector("details")?.open;
    place.innerHTML = html; // our own partial
    if (isOpen && place.querySelector("details")) place.querySelector("details").open = true;
  }

  // --- the choices beside a text ---

  function put(form, kind, json) {
    const fields = JSON.parse(json);
    for (const [name, value] of Object.entries(fields)) {
      const field = form.elements[name];
      if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) field.value = value;
    }
    textsOf(form, kind)[0]?.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-draft-show], [data-draft-keep], [data-draft-put], [data-draft-drop]");
    const form = button?.closest("form[data-draft-url]");
    if (!form) return;
    const kind = button.closest("[data-draft-notice]").dataset.draftNotice;
    const state = stateOf(form, kind);
    const { draftShow, draftKeep, draftPut, draftDrop, draftText } = button.dataset;
    if (draftShow !== undefined) {
      put(form, kind, draftShow);
      state.version = state.newest;
      forgetHere(form, kind);
      save(form, kind);
    } else if (draftKeep !== undefined) save(form, kind, { take_over: "1", drop: TAB });
    else if (draftPut !== undefined) {
      put(form, kind, draftText);
      save(form, kind, { take_over: "1", drop: draftPut });
    } else save(form, kind, { drop: draftDrop });
  });

  // --- typing, sending, leaving, coming back ---

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form || event.target.type === "file" || !event.target.name) return;
    if (event.target.matches(KEPT)) keepHere(form, event.target);
    if (form.dataset.draftUrl) later(form, kindOf(form));
    else if (event.target.matches("textarea")) {
      const clock = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
      tell(form, kindOf(form), "draftSaved", event.target.value.trim() ? clock : "");
    }
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-draft-url]");
    if (form && event.target.matches("select, [type=datetime-local], [type=radio]:not([name=kind]), [type=hidden]")) {
      later(form, kindOf(form));
    }
  });

  // What is sent names the version that its writer has seen: a text of another page is not thrown away with it.
  document.addEventListener("formdata", (event) => {
    const form = event.target;
    if (!form.matches?.("form[data-draft-url]")) return;
    event.formData.set("version", stateOf(form, kindOf(form)).version);
    event.formData.set("tab", TAB);
  });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt } = event.detail;
    const form = elt?.matches?.("form[data-draft], form[data-draft] [type=submit]") ? elt.closest("form") : null;
    if (!form || event.detail.requestConfig?.verb !== "post" || event.detail.xhr.status >= 300) return;
    const kind = kindOf(form);
    forgetHere(form, kind);
    store?.removeItem(`draft:${form.dataset.draft}:kind`); // only what was sent ends the side that one was on
    const state = stateOf(form, kind);
    state.isDone = true;
    clearTimeout(state.timer);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form || form.matches("[hx-post]") || !store) return;
    const sent = drafted(form).filter((field) => !field.disabled).map((field) => keyOf(form, field));
    sessionStorage.setItem("draft-sent", JSON.stringify({ keys: sent, from: location.pathname }));
    for (const state of Object.values(states.get(form) || {})) state.isLeaving = true;
  });
  // Only the page that follows a form says that it was taken. A session that had ended leads by way of the sign-in.
  function settleSent() {
    const { keys, from } = JSON.parse(sessionStorage.getItem("draft-sent") || "{}");
    sessionStorage.removeItem("draft-sent");
    const isNext = document.referrer && new URL(document.referrer).pathname === from && document.body.dataset.person;
    const refused = document.querySelector("form[data-draft] :is(.error-summary, [aria-invalid=true]), form[data-typed]");
    if (!isNext || refused || !store) return;
    // What stands in its field again was only looked at: a dry run.
    const back = [...document.querySelectorAll("form[data-draft]")].flatMap((form) =>
      drafted(form).filter((field) => field.defaultValue.trim()).map((field) => keyOf(form, field)));
    for (const key of keys || []) if (!back.includes(key)) store.removeItem(key);
  }

  const forms = () => document.querySelectorAll("form[data-draft-url]");
  function leave() {
    for (const form of forms()) {
      for (const [kind, state] of Object.entries(states.get(form) || {})) {
        if (!state.dirty || state.isDone || state.isLeaving) continue;
        const body = bodyOf(form, kind);
        const size = [...body.values()].reduce((sum, value) => sum + String(value).length * 2, 2000);
        if (size < BEACON_BYTES && navigator.sendBeacon(form.dataset.draftUrl, body)) state.dirty = false;
      }
    }
  }
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "hidden") return;
    for (const form of forms()) {
      for (const [kind, state] of Object.entries(states.get(form) || {})) if (state.dirty) save(form, kind);
    }
  });
  for (const kind of ["online", "signed-in"]) {
    addEventListener(kind, () => {
      for (const form of forms()) {
        for (const [side, state] of Object.entries(states.get(form) || {})) if (state.dirty) save(form, side);
      }
    });
  }

  // Switching the side keeps what was written on the other one.
  document.addEventListener("side-changed", (event) => {
    const { form, from } = event.detail;
    if (form.dataset.draftUrl && stateOf(form, from).dirty) save(form, from);
  });

  function restore(form) {
    if ("restored" in form.dataset) return;
    form.dataset.restored = "";
    const refused = "typed" in form.dataset || form.querySelector(".error-summary, [aria-invalid=true]");
    for (const field of drafted(form)) {
      const copy = readHere(form, field);
      const kind = kindOfField(form, field);
      if (!copy || (refused && kind === kindOf(form))) continue; // the server gave the typed text back
      const state = stateOf(form, kind);
      if (!form.dataset.draftUrl) {
        if (!field.defaultValue.trim()) {
          field.value = copy.text;
          found.add(form);
        }
      } else if (copy.text !== field.value) {
        const isSame = (copy.version || 0) === state.version;
        const shown = field.value;
        field.value = copy.text;
        if (!isSame && shown.trim()) { // the server has a newer one: that is shown, and the device's stands beside it
          const body = bodyOf(form, kind, { version: copy.version || 0, ...(copy.key ? { key: copy.key } : {}) });
          field.value = shown;
          state.isRestoring = true;
          fetch(form.dataset.draftUrl, { method: "POST", body, headers: { "HX-Request": "true" } })
            .then(async (answer) => {
              await heard(form, kind, answer, "");
              // Taken as the same writer's own: the device had his last words, and the page shows them.
              if (answer.status === 200 && field.value === shown) field.value = copy.text;
            })
            .catch(() => {}); // still on the device
        } else later(form, kind);
      } else store.removeItem(keyOf(form, field));
    }
    form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true }));
  }
  const start = () => document.querySelectorAll("form[data-draft]").forEach(restore);

  settleSent();
  sweep();
  const found = new Set(); // forms whose text came from this device: what is made of it is asked for by "draft-found"
  start();
  addEventListener("load", () => {
    for (const form of found) form.dispatchEvent(new CustomEvent("draft-found"));
  });
  document.addEventListener("htmx:afterSettle", start);
})();
