// A chat, on either side: stays at its newest line, sends with Enter, says that somebody writes, and reads new lines out.
//   <div class="chat" data-chat="12" data-typing-url="...">, in it #_chat_talk and form.chat-compose (_chat.html).
// The server tells "chat-12-changed" and "typing-12-changed"; the talk reads itself again (live.js).
(() => {
  const TYPING_EVERY = 3000; // ms; contactcenter/chats.py tells no oftener
  const TYPING_FADES = 8000; // a writer who stopped is nobody's news: the page looks once more
  const NEAR = 80; // px from the end: who has scrolled up stays there
  let typedAt = 0;
  let fading = 0;
  let newest = null;

  const talk = () => document.getElementById("_chat_talk");
  const form = () => document.querySelector("form.chat-compose");
  const lastLine = () => Number([...document.querySelectorAll("#_chat_talk [data-line]")].at(-1)?.dataset.line || 0);

  function toEnd() {
    const part = talk();
    if (part) part.scrollTop = part.scrollHeight;
  }

  // --- what comes ---

  let wasNearEnd = true;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "_chat_talk") return;
    const part = talk();
    wasNearEnd = !part || part.scrollHeight - part.scrollTop - part.clientHeight < NEAR;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target?.id !== "_chat_talk" && event.target?.id !== "_chat_talk") return;
    if (wasNearEnd) toEnd();
    clearTimeout(fading);
    if (document.querySelector(".chat-typing")) {
      fading = setTimeout(() => document.body.dispatchEvent(new CustomEvent("chat-look")), TYPING_FADES);
    }
    for (const line of document.querySelectorAll("#_chat_talk [data-line]:not([data-mine])")) {
      if (newest === null || Number(line.dataset.line) <= newest) continue;
      const text = line.textContent.replace(/\s+/g, " ").trim();
      document.body.dispatchEvent(new CustomEvent("announce", { detail: { text, now: true } }));
    }
    newest = lastLine();
  });

  // --- what goes ---

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.(".chat-compose textarea")) return;
    event.preventDefault();
    if (event.target.value.trim()) event.target.form.requestSubmit();
  });

  // Only what was sent is cleared; what was typed since stays.
  let sent = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target === form()) sent = form().elements.text.value;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { xhr } = event.detail;
    if (!event.target.matches?.("form.chat-compose") || xhr.status !== 200) return;
    const field = event.target.elements.text;
    field.value = field.value.startsWith(sent) ? field.value.slice(sent.length) : field.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    typedAt = Date.now(); // the empty field is no writing
    wasNearEnd = true;
    toEnd();
    field.focus();
  });

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.(".chat-compose textarea") || !field.value || Date.now() - typedAt < TYPING_EVERY) return;
    typedAt = Date.now();
    const token = field.form.querySelector("[name=csrfmiddlewaretoken]").value;
    const url = field.closest("[data-typing-url]").dataset.typingUrl;
    // Nothing depends on it: without a line the other just does not see it.
    fetch(url, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
  });

  toEnd();
  newest = lastLine();
})();
