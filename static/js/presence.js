// Tells the server that somebody looks at this ticket, or writes on it: every HEARTBEAT ms while the tab is in front.
// Others hear "presence-changed-48219" and read who is here. Never what is typed, only that.
//   <... data-ticket="48219" data-present>, and in it a form.composer whose textareas are named "text" and "note".
(() => {
  const part = document.querySelector("[data-ticket][data-present]");
  if (!part) return;
  const HEARTBEAT = 10000; // tickets/presence.py keeps the same
  const PAUSE = 6000; // after so long without a key nobody is writing
  const { ticket } = part.dataset;
  let doing = "viewing";
  let pause = null;

  const tell = (type) => document.body.dispatchEvent(new CustomEvent("live-say", { detail: { type, ticket, doing } }));

  function become(what) {
    if (what === doing) return;
    doing = what;
    tell("here");
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.(".composer textarea")) return;
    become(field.name === "note" ? "noting" : "replying");
    clearTimeout(pause);
    pause = setTimeout(() => become("viewing"), PAUSE);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target.matches?.("form.composer") && event.detail.successful) become("viewing");
  });
  document.addEventListener("visibilitychange", () => tell(document.hidden ? "away" : "here"));
  document.body.addEventListener("live-open", () => { if (!document.hidden) tell("here"); });
  setInterval(() => { if (!document.hidden) tell("here"); }, HEARTBEAT);
})();
