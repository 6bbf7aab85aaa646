// Live pages: the socket only hints which thing changed; parts of the page listen and re-read themselves with HTMX.
//   {"type": "ticket", "ticket": "48219", "verbs": [...], "own": false}  ->  "ticket-changed-48219", "inbox-changed"
//   {"type": "presence", "ticket": "48219"}                              ->  "presence-changed-48219"
//   {"type": "problem-12"}                                               ->  "problem-12-changed" (a group of reports)
//   {"type": "broadcasts-12"}     ->  "broadcasts-12-changed" (how far they are; at most once a second, the last is told)
//   {"type": "queues"}            ->  "queues-changed" (lines of the contact centre; paced alike)
//   {"type": "inbox"}, {"type": "notices"}, {"type": "upkeep"}, ...       ->  "inbox-changed", "notices-changed", ...
// All are events on <body>. What the server may say stands at the top of tickets/consumers.py.
//
// Nothing is missed: a gap in "seq", a new connection, "resync", "rights", a page out of the browser's cache, or a laptop
// that slept: each makes everything that listens read once. Parts are found by their hx-trigger ("...-changed...
// from:body"), so a new part needs no line here. While no hints come, everything reads every POLL ms instead, and the
// banner says how old the data are.
//
// For others: "live-open" on <body> when the line stands; "live-ping" when the server shows that it does; "live-say" (detail: what to send) is sent if it does;
// "live-read-failed" (detail: status) comes from page.js when a part could not read itself.
(() => {
  const { body } = document;
  const url = body.dataset.live;
  if (!url) return;
  const FIRST_WAIT = 500; // ms until the first new try
  const LONGEST_WAIT = 15000;
  const SILENCE = 45000; // the server speaks every 25 s; longer silence is a dead line
  const ANSWER = 4000; // a line that is asked answers within this
  const GRACE = 2500; // a short drop is not worth a word
  const POLL = 15000;
  const STALE = 10; // seconds; older figures are grey
  const SLEPT = 20000; // a clock that stood still for so long: the machine slept
  const SPREAD = 1500; // when all have to read at once, they do so spread over this
  const PACE = 1000; // ms between two readings of what moves
  const LATE = 700; // a page that took so long to come may have missed a hint meanwhile
  const SIGNED_OUT = 4401;
  const DEACTIVATED = 4403;

  let socket = null;
  let wait = FIRST_WAIT;
  let lastSeq = null;
  let hasMissed = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
  let isOpen = false;
  let isDeaf = false;
  let freshAt = Date.now();
  let lastTick = Date.now();
  let retry = null;
  let silence = null;
  let grace = null;

  const fire = (name, detail = {}) => body.dispatchEvent(new CustomEvent(name, { detail }));

  // --- the line ---

  function connect() {
    clearTimeout(retry);
    drop();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const line = new WebSocket(new URL(url, `${scheme}//${location.host}`));
    socket = line;
    expect(LONGEST_WAIT);
    line.addEventListener("message", (event) => { if (line === socket) heard(JSON.parse(event.data)); });
    line.addEventListener("close", (event) => { if (line === socket) closed(event.code); });
  }

  // Lets go of the line at once; a dead one would take minutes to say so.
  function drop() {
    const line = socket;
    socket = null;
    isOpen = false;
    clearTimeout(silence);
    line?.close();
  }

  function closed(code) {
    drop();
    if (code === SIGNED_OUT) return show("out");
    if (code === DEACTIVATED) return show("barred");
    lost();
    clearTimeout(retry);
    retry = setTimeout(connect, wait + Math.random() * wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  function lost() {
    hasMissed = true;
    grace ??= setTimeout(() => show("weak"), GRACE); // further failures do not put it off
  }

  const expect = (ms) => {
    clearTimeout(silence);
    silence = setTimeout(() => closed(0), ms);
  };

  // Is anybody there? For moments after which the line may be dead without a word.
  function probe() {
    if (socket?.readyState !== WebSocket.OPEN) {
      if (banner()?.dataset.state !== "barred") connect();
      return;
    }
    socket.send('{"type": "ping"}');
    expect(ANSWER);
  }

  function opened() {
    const wasOut = banner()?.dataset.state === "out";
    const tookLong = performance.now() - (performance.getEntriesByType("navigation")[0]?.responseStart || 0) > LATE;
    isOpen = true;
    isDeaf = false;
    wait = FIRST_WAIT;
    lastSeq = null;
    clearTimeout(grace);
    grace = null;
    watch();
    fire("live-open");
    if (hasMissed) everythingChanged();
    else if (tookLong) fire("inbox-changed");
    hasMissed = false;
    if (wasOut) renew();
    else show("");
  }

  // The tickets that this page shows; the server tells at once of what happened since the page was made.
  function watch() {
    for (const part of document.querySelectorAll("[data-ticket]")) {
      say({ type: "watch", ticket: part.dataset.ticket, changed: part.dataset.changed || "" });
    }
    for (const part of document.querySelectorAll("[data-problem]")) {
      say({ type: "watch", problem: Number(part.dataset.problem), event: Number(part.dataset.event) });
    }
  }

  function say(content) {
    if (isOpen) socket.send(JSON.stringify(content));
  }
  body.addEventListener("live-say", (event) => say(event.detail));

  // --- what comes ---

  function heard(hint) {
    expect(SILENCE);
    if (!isDeaf) freshAt = Date.now();
    if (hint.type === "hello") return opened();
    if (typeof hint.seq === "number") {
      const gap = lastSeq !== null && hint.seq !== lastSeq + 1;
      lastSeq = hint.seq;
      if (gap) everythingChanged();
    }
    const { type } = hint;
    if (type === "deaf") {
      isDeaf = true;
      lost();
    } else if (type === "resync" || type === "rights") {
      isDeaf = false;
      clearTimeout(grace);
      grace = null;
      if (banner()?.dataset.state === "weak") show("");
      setTimeout(everythingChanged, Math.random() * SPREAD);
    } else if (type === "gone") show("gone");
    else if (type === "presence") fire(`presence-changed-${hint.ticket}`, hint);
    else if (type === "ticket") {
      fire(`ticket-changed-${hint.ticket}`, hint);
      fire("inbox-changed", hint);
    } else if (type.startsWith("broadcasts-") || type === "queues") pace(`${type}-changed`);
    else if (type === "ping") fire("live-ping"); // also in a page behind others, whose timers sleep
    else if (type !== "pong") fire(`${type}-changed`, hint);
  }

  // For what comes in a stream: at once, then at most once a PACE; what comes meanwhile is one event afterwards.
  const paced = new Map(); // event -> whether more came
  function pace(name) {
    if (paced.has(name)) {
      paced.set(name, true);
      return;
    }
    fire(name);
    paced.set(name, false);
    setTimeout(() => {
      const more = paced.get(name);
      paced.delete(name);
      if (more) pace(name);
    }, PACE);
  }

  // Every part that listens to a hint reads itself again.
  function everythingChanged() {
    const names = new Set(["inbox-changed", "everything-changed"]);
    for (const part of document.querySelectorAll('[hx-trigger*="-changed"]')) {
      for (const [, name] of part.getAttribute("hx-trigger").matchAll(/([\w-]+-changed[\w-]*) from:body/g)) names.add(name);
    }
    for (const name of names) fire(name, { missed: true });
  }

  // --- what the reader is told ---

  const banner = () => document.getElementById("offline");

  // "weak": no hints come; "out": signed out; "barred": deactivated; "gone": the ticket may no longer be seen; "": all well.
  function show(state) {
    const element = banner();
    if (!element || (element.dataset.state || "") === state) return;
    if (state === "weak" && element.dataset.state) return; // the graver word stays
    const was = element.dataset.state;
    element.dataset.state = state;
    element.hidden = !state;
    tellAge();
    const words = state ? element.querySelector(`[data-when="${state}"]`)?.textContent : was === "weak" && element.dataset.back;
    if (words) body.dispatchEvent(new CustomEvent("announce", { detail: { text: words, now: true } }));
  }

  function tellAge() {
    const element = banner();
    if (!element) return;
    const age = Math.round((Date.now() - freshAt) / 1000);
    const isWeak = element.dataset.state === "weak";
    document.documentElement.toggleAttribute("data-stale", isWeak && age > STALE);
    if (!isWeak) return;
    const [words, number] = age < 100 ? [element.dataset.seconds, age] : [element.dataset.minutes, Math.round(age / 60)];
    element.querySelector("[data-age]").textContent = words.replace("{n}", number);
  }

  // --- reading by the clock ---

  setInterval(() => {
    const now = Date.now();
    if (now - lastTick > SLEPT) {
      hasMissed = true;
      probe();
    }
    lastTick = now;
    tellAge();
  }, 1000);
  setInterval(() => {
    if ((!isOpen || isDeaf) && banner()?.dataset.state === "weak" && !document.hidden) everythingChanged();
  }, POLL);

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr.isLive && event.detail.successful && (!isOpen || isDeaf)) {
      freshAt = Date.now();
      tellAge();
    }
  });
  body.addEventListener("live-read-failed", (event) => {
    if (event.detail.status === 404) show("gone");
    else if (event.detail.status === 0) probe();
  });

  // A session that has ended must not carry the page away from under a text: the banner says so instead.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status !== 401) return;
    // What somebody sends is asked for once more by sign_in.js, where there is its dialog.
    if (event.detail.requestConfig.verb !== "get" && document.getElementById("sign-in")) return;
    event.preventDefault();
    out();
  });
  function out() {
    drop();
    show("out");
  }
  document.addEventListener("signed-out", out);
  addEventListener("signed-in", () => {
    hasMissed = true;
    if (banner()?.dataset.state === "out") connect();
  });

  // Signed in again in another tab: this page's forms need the new token; for somebody else it is not his page.
  async function renew() {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (page.body.dataset.person !== body.dataset.person) {
      location.reload();
      return;
    }
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (page.body.hasAttribute("hx-headers")) body.setAttribute("hx-headers", page.body.getAttribute("hx-headers"));
    if (token) document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((field) => { field.value = token; });
    show("");
  }

  // --- moments at which the line may have died ---

  addEventListener("online", connect);
  addEventListener("offline", () => closed(0));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) probe(); });
  addEventListener("focus", () => { if (banner()?.dataset.state === "out") probe(); });
  addEventListener("pagehide", () => {
    clearTimeout(retry);
    drop();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    hasMissed = true;
    connect();
  });
  body.addEventListener("live-retry", connect);
  connect();
})();
