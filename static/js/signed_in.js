// The window in which somebody signed in tells the page behind it, and closes.
(() => {
  if (typeof BroadcastChannel !== "undefined") new BroadcastChannel("ticketdesk-signed-in").postMessage("here");
  if (window.name === "ticketdesk-sign-in") setTimeout(() => window.close(), 300);
})();
