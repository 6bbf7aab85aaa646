// What asks for the agent is heard, too: two tones made here, again and again while a contact is offered, once for
// other calls; a page in the background also shows a notice of the system where the agent allows it.
// Whether and how loud stays in this browser, since headsets differ. One tab rings for all.
//   [data-sound]          the switch in the state's menu; [data-sound-volume] how loud, 1 to 10; [data-sound-try] a sample
//   [data-sound-blocked]  shown while the browser gives no sound: it waits for a first click or key
// desk.js says what rings: the event "desk-alert" on document, { key, text, isOffer }, with an empty key when it is over.
(() => {
  const AGAIN = 2500; // ms between two rings
  const TONES = [[784, 0], [988, 0.18]]; // Hz, and when in seconds: G5, B5
  const LASTS = 0.16; // s
  let context;
  let timer = 0;
  let release = null;
  let notice = null;

  function read(name, fallback) {
    try {
      return localStorage.getItem(name) ?? fallback;
    } catch {
      return fallback; // nothing may be kept in this browser
    }
  }
  function keep(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      // It holds for this page.
      held[name] = value;
    }
  }
  const held = {};
  const isOn = () => (held["desk-sound"] ?? read("desk-sound", "on")) === "on";
  const volume = () => Math.min(10, Math.max(1, Number(held["desk-volume"] ?? read("desk-volume", "5")) || 5));

  function ready() {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().then(show, show);
    return context.state === "running";
  }

  function play() {
    if (!ready()) return;
    for (const [pitch, after] of TONES) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      const at = context.currentTime + after;
      tone.frequency.value = pitch;
      // Squared, as the ear counts loudness; risen and fallen, or it would click.
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.6 * (volume() / 10) ** 2, at + 0.02);
      gain.gain.linearRampToValueAtTime(0, at + LASTS);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + LASTS);
    }
  }

  // The first tab to hear of it holds the lock while it rings; the others stay silent.
  function begin(alert) {
    end();
    const ring = () => {
      if (isOn()) {
        play();
        if (alert.isOffer) timer = setInterval(play, AGAIN);
      }
      tell(alert);
    };
    if (!navigator.locks) return ring();
    navigator.locks.request("desk-ring", { ifAvailable: true }, (lock) => {
      if (!lock || alert.key !== now) return undefined;
      ring();
      return new Promise((done) => { release = done; });
    });
  }

  function end() {
    clearInterval(timer);
    notice?.close();
    notice = null;
    release?.();
    release = null;
  }

  function tell(alert) {
    if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
    notice = new Notification(alert.text, { tag: "desk-ring", lang: document.documentElement.lang });
    notice.onclick = () => { window.focus(); notice?.close(); };
  }

  let now = "";
  document.addEventListener("desk-alert", (event) => {
    now = event.detail.key;
    if (now) begin(event.detail);
    else end();
  });

  // --- the switch ---

  function show() {
    for (const box of document.querySelectorAll("[data-sound]")) box.checked = isOn();
    for (const slider of document.querySelectorAll("[data-sound-volume]")) {
      slider.value = String(volume());
      slider.disabled = !isOn();
    }
    const isBlocked = isOn() && context?.state === "suspended";
    for (const word of document.querySelectorAll("[data-sound-blocked]")) word.hidden = !isBlocked;
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-sound]")) {
      keep("desk-sound", event.target.checked ? "on" : "off");
      if (!event.target.checked) clearInterval(timer);
      else if ("Notification" in window && Notification.permission === "default") Notification.requestPermission();
      show();
    } else if (event.target.matches("[data-sound-volume]")) {
      keep("desk-volume", event.target.value);
      play();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-sound-try]")) play();
  });

  // A browser lets a page sound from its first click or key on.
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, ready, { once: true, capture: true });
  document.addEventListener("htmx:oobAfterSwap", show);
  document.addEventListener("htmx:afterSettle", show);
  show();
})();
