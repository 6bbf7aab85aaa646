// The wallboard, live: figures into their places, agents' states, the order of the queues, and a line that says how it is.
// What comes is described in contactcenter/consumers.py. Rows that came or went are read anew as HTMX fragment
// (#_board_rows listens to "board-changed"). Nothing moves while a menu is open or somebody drags.
(() => {
  const board = document.getElementById("fal");
  if (!board?.dataset.board) return;
  const FIRST_WAIT = 500; // ms until the first new try
  const LONGEST_WAIT = 15000;
  const PING = 10000; // the server answers; silence of twice that is a dead line
  const OLD = 10; // seconds from which figures are grey
  const SPREAD = 800; // ms over which all pages read their rows
  const SIGNED_OUT = 4401;
  const BARRED = 4403;
  const ORDER = ["bad", "warn", "ok", "closed"];
  const NONE = "–";

  const words = JSON.parse(board.dataset.words);
  const badge = document.getElementById("board-line");
  const seqs = new Map();
  let socket = null;
  let wait = FIRST_WAIT;
  let retry = null;
  let heardAt = Date.now();
  let skew = Number(board.dataset.now) * 1000 - Date.now(); // the server's clock less ours
  let shape = null;
  let readLater = false;
  let sortLater = false;
  let isDragging = false;
  let verdict = "";

  const now = () => (Date.now() + skew) / 1000;
  const isHeld = () => isDragging || Boolean(board.querySelector("details.menu[open]")) || Boolean(document.querySelector("dialog[open]"));

  function span(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const two = (n) => String(n).padStart(2, "0");
    const [hours, minutes, left] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
    return hours ? `${hours}:${two(minutes)}:${two(left)}` : `${minutes}:${two(left)}`;
  }
  const percent = (value) => (value === null ? NONE : `${value}%`);
  const range = (low, high) => (low === null ? NONE : low === high ? span(low) : `${span(low)}–${span(high)}`);

  function put(element, text) {
    if (element && element.textContent !== String(text)) element.textContent = text;
  }

  // --- what comes ---

  function heard(message) {
    heardAt = Date.now();
    if (message.type === "pong") return;
    skew = message.now * 1000 - Date.now();
    const isWhole = message.type === "snapshot";
    let hasGap = false;
    for (const queue of message.queues) {
      const last = seqs.get(queue.id);
      hasGap ||= !isWhole && last !== undefined && queue.seq !== last + 1;
      seqs.set(queue.id, queue.seq);
      show(queue);
    }
    for (const agent of message.agents) showAgent(agent);
    if (shape !== message.shape) {
      const isFirst = shape === null;
      shape = message.shape;
      if (!isFirst) setTimeout(() => {
        read();
        window.htmx?.trigger(document.body, "load-changed");
      }, Math.random() * SPREAD);
      else read(); // the page is some moments older than the first snapshot
    }
    if (hasGap) socket.send('{"type": "snapshot"}');
    sort();
    tick();
    tellLine();
  }

  function show(queue) {
    const card = document.getElementById(`queue-${queue.id}`);
    for (const each of board.querySelectorAll(`[data-of="${queue.id}"]`)) {
      put(each.querySelector("[data-f=waiting]"), queue.waiting);
      each.dataset.tone = queue.tension;
    }
    if (!card) return;
    const place = (name) => card.querySelector(`[data-f="${name}"]`);
    for (const name of ["waiting", "ready", "call", "wrap", "back", "loan", "abandoned"]) put(place(name), queue[name]);
    for (const name of ["level", "interval", "occupancy"]) put(place(name), percent(queue[name]));
    put(place("wait"), range(queue.low, queue.high));
    put(place("tension"), words[`t-${queue.tension}`]);
    place("oldest").dataset.clock = queue.oldest ?? "";
    card.dataset.load = queue.tension;
    card.querySelector("header .badge").dataset.tone = queue.tension;
    card.querySelector(".val").setAttribute("width", queue.level ?? 0);
    const bar = card.querySelector("progress");
    bar.value = queue.occupancy ?? 0;
    bar.dataset.tone = ["bad", "warn"].includes(queue.tension) ? queue.tension : "calm";
    card.querySelector("[data-trend]").dataset.trend = queue.trend;
  }

  function showAgent(agent) {
    for (const row of board.querySelectorAll(`[data-agent="${agent.id}"]`)) {
      row.querySelector(".dot").dataset.state = agent.look;
      put(row.querySelector("[data-word]"), words[agent.word] ?? "");
      row.querySelector("[data-clock]").dataset.clock = agent.since;
    }
  }

  // The tensest first, then who waits longest; not while somebody is about to press something.
  function sort() {
    const list = document.getElementById("queues");
    if (!list) return;
    if (isHeld() || list.matches(":focus-within")) {
      sortLater = true;
      return;
    }
    sortLater = false;
    const rank = (card) => {
      const oldest = Number(card.querySelector("[data-f=oldest]").dataset.clock) || Infinity;
      return [ORDER.indexOf(card.dataset.load), oldest, -Number(card.querySelector("[data-f=waiting]").textContent)];
    };
    const before = [...list.children];
    const after = [...before].sort((one, other) => {
      const [a, b] = [rank(one), rank(other)];
      for (let n = 0; n < a.length; n += 1) if (a[n] !== b[n]) return a[n] < b[n] ? -1 : 1;
      return one.querySelector("h3").textContent.localeCompare(other.querySelector("h3").textContent, document.documentElement.lang);
    });
    if (after.some((card, n) => card !== before[n])) list.append(...after);
  }

  function read() {
    if (isHeld()) {
      readLater = true;
      return;
    }
    readLater = false;
    const rows = document.getElementById("_board_rows");
    if (!rows || !window.htmx) return;
    const address = rows.getAttribute("hx-get").split("?")[0];
    window.htmx.ajax("GET", `${address}?shape=${encodeURIComponent(shape ?? "")}`, { source: rows, target: rows, swap: "outerHTML" });
  }

  // A hint to read the rows, from an act or from live.js, waits as well.
  addEventListener("board-changed", (event) => {
    if (!board.querySelector("details.menu[open]") && !isDragging) return;
    event.stopImmediatePropagation();
    readLater = true;
  }, true);
  // Rows that were asked for before the menu opened come too late.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "_board_rows" || !isHeld()) return;
    event.detail.shouldSwap = false;
    readLater = true;
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.menu") && !event.target.open) setTimeout(catchUp);
  }, true);
  document.addEventListener("close", () => setTimeout(catchUp), true);
  // Menus stay open while they are being read; an act closes them.
  document.addEventListener("htmx:afterRequest", (event) => {
    const menu = event.target.closest?.(".agent details.menu[open]");
    if (menu && event.detail.requestConfig.verb !== "get") menu.open = false;
  });
  function catchUp() {
    if (isHeld()) return;
    if (readLater) read();
    if (sortLater) sort();
  }

  // --- the clocks ---

  function tick() {
    for (const element of board.querySelectorAll("[data-clock]")) {
      put(element, element.dataset.clock ? span(now() - Number(element.dataset.clock)) : NONE);
    }
    const clock = board.querySelector("[data-clock]");
    put(clock, new Date(now() * 1000).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
  }
  setInterval(() => {
    tick();
    tellLine();
  }, 1000);

  // --- the line ---

  function connect() {
    clearTimeout(retry);
    drop();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const line = new WebSocket(new URL(board.dataset.board, `${scheme}//${location.host}`));
    socket = line;
    line.addEventListener("message", (event) => {
      if (line !== socket) return;
      wait = FIRST_WAIT;
      heard(JSON.parse(event.data));
    });
    line.addEventListener("close", (event) => { if (line === socket) closed(event.code); });
  }

  function drop() {
    const line = socket;
    socket = null;
    seqs.clear();
    line?.close();
  }

  function closed(code) {
    drop();
    verdict = code === SIGNED_OUT ? "out" : code === BARRED ? "barred" : "";
    tellLine();
    if (verdict) return;
    retry = setTimeout(connect, wait + Math.random() * wait);
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }

  setInterval(() => {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - heardAt > 2 * PING) closed(0);
    else socket.send('{"type": "ping"}');
  }, PING);

  function tellLine() {
    const isOpen = socket?.readyState === WebSocket.OPEN && shape !== null;
    const age = Math.round((Date.now() - heardAt) / 1000);
    badge.dataset.tone = isOpen ? "ok" : verdict ? "bad" : "warn";
    if (isOpen) put(badge, board.dataset.fresh);
    else if (verdict) put(badge, board.dataset[verdict]);
    else if (age > 2) put(badge, board.dataset.lost.replace("{n}", age));
    board.toggleAttribute("data-old", !isOpen && age > OLD);
  }

  addEventListener("online", connect);
  addEventListener("offline", () => closed(0));
  addEventListener("signed-in", connect);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !verdict && socket?.readyState !== WebSocket.OPEN) connect();
  });
  addEventListener("pagehide", () => {
    clearTimeout(retry);
    drop();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
  tick();

  // --- the wall ---

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-wall]")) document.documentElement.requestFullscreen?.().catch(() => {}); // refused: the view alone
  });
  document.addEventListener("keydown", (event) => {
    if (location.hash !== "#fal" || event.defaultPrevented) return;
    if (event.key === "Escape" || event.key.toLowerCase() === "w") leaveWall();
  });
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && location.hash === "#fal") leaveWall();
  });
  function leaveWall() {
    location.hash = "";
    if (document.fullscreenElement) document.exitFullscreen();
  }

  // --- dragging; the menu does the same ---

  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".agent[draggable]");
    if (!dragged) return;
    isDragging = true;
    dragged.dataset.lifted = "";
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.agent);
  });
  const column = (event) => (dragged ? event.target.closest?.("[data-drop]") : null);
  document.addEventListener("dragover", (event) => {
    const over = column(event);
    for (const each of board.querySelectorAll(".drop")) if (each !== over) each.classList.remove("drop");
    if (!over || over.contains(dragged)) return;
    event.preventDefault();
    over.classList.add("drop");
  });
  document.addEventListener("drop", (event) => {
    const over = column(event);
    if (!over || over.contains(dragged)) return;
    event.preventDefault();
    window.htmx.ajax("GET", `${over.dataset.pull}?agent=${dragged.dataset.agent}`, { target: "#dialog", swap: "innerHTML" });
  });
  document.addEventListener("dragend", () => {
    if (dragged) delete dragged.dataset.lifted;
    for (const each of board.querySelectorAll(".drop")) each.classList.remove("drop");
    dragged = null;
    isDragging = false;
    catchUp();
  });

  // "." opens the menu of the agent under the cursor (J and K, keyboard.js).
  document.addEventListener("keydown", (event) => {
    if (event.key !== "." || event.target.matches?.("input, textarea, select") || document.querySelector("dialog[open]")) return;
    const menu = board.querySelector(".agent[data-cursor] details.menu");
    if (!menu || document.body.dataset.singleKeys === "off") return;
    event.preventDefault();
    menu.open = true;
    menu.querySelector("summary").focus();
  });
})();
