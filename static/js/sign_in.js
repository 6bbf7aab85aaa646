// The session ended in the middle of something: nothing leaves the page. Somebody signs in beside it, in a small window;
// then every form gets a fresh token, and what was asked for goes on.
(() => {
  const dialog = () => document.getElementById("sign-in");
  let pending = []; // forms that were refused
  const said = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("ticketdesk-signed-in");

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 401) return;
    event.preventDefault(); // no passing word
    const { elt, requestConfig } = event.detail;
    if (!dialog()) return location.reload();
    pending.push({ elt, submitter: requestConfig.triggeringEvent?.submitter });
    if (!dialog().open) dialog().showModal();
  }, true);
  const isOut = () => document.getElementById("offline")?.dataset.state === "out"; // the banner is live.js's

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-sign-in]");
    if (!link) return;
    if (window.open(link.href, link.target, "popup,width=480,height=760")) event.preventDefault();
  });

  // Whoever comes back to the page, or hears of it from the window, asks who is here now.
  said?.addEventListener("message", check);
  addEventListener("focus", () => {
    if (dialog()?.open || isOut()) check();
  });

  async function check() {
    const box = dialog();
    if (!box) return;
    const answer = await fetch(box.dataset.check, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return;
    const { person, token } = await answer.json();
    if (String(person) !== box.dataset.person) {
      box.querySelector("[data-somebody-else]").hidden = false;
      if (!box.open) box.showModal();
      return;
    }
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
    box.close();
    dispatchEvent(new CustomEvent("signed-in"));
    const again = pending;
    pending = [];
    for (const { elt, submitter } of again) {
      if (!elt.isConnected) continue;
      if (elt.matches("form")) elt.requestSubmit(submitter?.isConnected && submitter.form === elt ? submitter : undefined);
      else elt.click();
    }
  }

  document.addEventListener("close", (event) => {
    if (event.target.id !== "sign-in" || !pending.length) return;
    pending = []; // later: the text stays, and pressing the button asks again
    document.dispatchEvent(new CustomEvent("signed-out"));
  }, true);
})();
