// File pickers. Plain ones list what was chosen and send it with the form. Those with data-upload-url send each file up
// at once, into the draft, with its progress; what is refused says so in its own line and the rest is kept.
(() => {
  const AT_ONCE = 3;
  const going = new WeakMap(); // form -> number of files on their way
  const queue = [];
  let active = 0;

  const size = (bytes) => {
    const unit = bytes < 1e6 ? "kilobyte" : "megabyte";
    const number = bytes < 1e6 ? Math.max(1, Math.round(bytes / 1e3)) : bytes / 1e6;
    return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, maximumFractionDigits: 1 }).format(number);
  };
  const pickerOf = (form) => form?.querySelector("[data-files]");
  const kindOf = (form) => form.dataset.draftKind || form.querySelector("[name=kind]:checked")?.value || "reply";

  function lineOf(name, bytes, label) {
    const line = document.createElement("li");
    line.className = "chosen";
    const text = document.createElement("span");
    text.textContent = `${name} `;
    const small = document.createElement("small");
    small.textContent = size(bytes);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-quiet btn-icon btn-s";
    remove.setAttribute("aria-label", `${label}: ${name}`);
    remove.textContent = "×";
    line.append(text, small, remove);
    return line;
  }

  // --- plain pickers ---

  const chosen = new WeakMap(); // a second choice adds to the first
  function setFiles(picker, files) {
    chosen.set(picker, files);
    const carrier = new DataTransfer();
    for (const file of files) carrier.items.add(file);
    const input = picker.querySelector("[type=file]");
    input.files = carrier.files;
    const place = picker.querySelector("[data-file-list]");
    place.replaceChildren(...files.map((file) => {
      const line = lineOf(file.name, file.size, place.dataset.remove);
      line.querySelector("button").addEventListener("click", () => {
        setFiles(picker, files.filter((each) => each !== file));
        input.focus();
      });
      return line;
    }));
  }

  function take(picker, files) {
    if (!files.length) return;
    if (picker.dataset.uploadUrl) for (const file of files) enqueue(picker, file);
    else setFiles(picker, [...(chosen.get(picker) || []), ...files]);
  }

  // --- files that go up at once ---

  function enqueue(picker, file) {
    const form = picker.closest("form");
    const kind = kindOf(form);
    const list = picker.querySelector(`[data-files-of="${kind}"]`);
    const { mostFiles, mostBytes, tooMany, tooLarge, empty } = picker.dataset;
    if (!file.size) return refuse(list, empty.replace("%s", file.name));
    if (file.size > Number(mostBytes)) return refuse(list, tooLarge.replace("%s", file.name));
    if (list.querySelectorAll("li:not(.refused)").length >= Number(mostFiles)) return refuse(list, tooMany.replace("%s", file.name));
    const line = lineOf(file.name, file.size, picker.querySelector("[data-file-list]").dataset.remove);
    line.classList.add("going-up");
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    line.querySelector("button").before(bar);
    const job = { picker, form, kind, file, line, bar, xhr: null };
    line.querySelector("button").addEventListener("click", () => cancel(job));
    list.append(line);
    wait(form);
    queue.push(job);
    pump();
  }

  function pump() {
    while (active < AT_ONCE && queue.length) send(queue.shift());
  }

  function send(job) {
    const body = new FormData();
    body.set("ticket", job.form.dataset.draftTicket || "");
    body.set("kind", job.kind);
    body.set("csrfmiddlewaretoken", job.form.elements.csrfmiddlewaretoken.value);
    body.set("file", job.file, job.file.name);
    const xhr = new XMLHttpRequest();
    job.xhr = xhr;
    active += 1;
    xhr.open("POST", job.picker.dataset.uploadUrl);
    xhr.setRequestHeader("HX-Request", "true");
    xhr.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) job.bar.value = event.loaded / event.total;
    });
    xhr.addEventListener("loadend", () => {
      active -= 1;
      if (!job.isCancelled) finish(job, xhr);
      else if (xhr.status === 200) takeBack(job, xhr);
      settle(job.form);
      pump();
    });
    xhr.send(body);
  }

  function finish(job, xhr) {
    if (xhr.status === 200) {
      const box = document.createElement("template");
      box.innerHTML = xhr.responseText.trim(); // our own partial
      job.line.replaceWith(box.content);
    } else if (xhr.status === 422) refuse(job.line.parentElement, xhr.responseText, job.line);
    else {
      if (xhr.status === 401) document.dispatchEvent(new CustomEvent("signed-out"));
      const again = document.createElement("button");
      again.type = "button";
      again.className = "btn btn-s";
      again.textContent = job.picker.dataset.again;
      const { line, picker, file } = job;
      again.addEventListener("click", () => {
        line.remove();
        enqueue(picker, file);
      });
      const list = line.parentElement;
      refuse(list, picker.dataset.failed.replace("%s", file.name), line).querySelector("button").before(again);
    }
  }

  function refuse(list, sentence, instead = null) {
    const line = document.createElement("li");
    line.className = "chosen refused";
    line.setAttribute("role", "alert");
    const text = document.createElement("span");
    text.textContent = sentence;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn btn-quiet btn-icon btn-s";
    close.setAttribute("aria-label", list.closest("[data-file-list]").dataset.remove);
    close.textContent = "×";
    close.addEventListener("click", () => line.remove());
    line.append(text, close);
    if (instead) instead.replaceWith(line);
    else list.append(line);
    return line;
  }

  function cancel(job) {
    job.isCancelled = true;
    job.line.remove();
    const place = queue.indexOf(job);
    if (place >= 0) {
      queue.splice(place, 1);
      settle(job.form);
    } else if (job.file.size > 1e6 && job.bar.value < 0.9) job.xhr?.abort(); // a small one is there sooner than one can say so
  }

  // It was left out while it went up: it is taken off the draft again.
  function takeBack(job, xhr) {
    const box = document.createElement("template");
    box.innerHTML = xhr.responseText.trim();
    const body = new FormData();
    body.set("csrfmiddlewaretoken", job.form.elements.csrfmiddlewaretoken.value);
    const url = box.content.querySelector("[data-file-remove]").dataset.fileRemove;
    wait(job.form);
    fetch(url, { method: "POST", body, headers: { "HX-Request": "true" } })
      .catch(() => refuse(job.picker.querySelector("ul"), document.body.dataset.errorText))
      .finally(() => settle(job.form));
  }

  const wait = (form) => going.set(form, (going.get(form) || 0) + 1);

  function settle(form) {
    const left = Math.max(0, (going.get(form) || 0) - 1);
    going.set(form, left);
    if (!left) form.dispatchEvent(new CustomEvent("uploads-done"));
  }

  // A form waits for its files before it goes.
  document.addEventListener("htmx:confirm", (event) => {
    const form = event.detail.elt;
    if (!form.matches?.("form[data-draft-url]") || !going.get(form)) return;
    event.preventDefault();
    form.addEventListener("uploads-done", () => event.detail.issueRequest(true), { once: true });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[hx-post]") || !going.get(form)) return;
    event.preventDefault();
    form.addEventListener("uploads-done", () => form.requestSubmit(event.submitter), { once: true });
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-file-remove]");
    if (!button) return;
    event.preventDefault();
    const line = button.closest("li");
    const form = button.closest("form");
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    const list = line.parentElement;
    line.hidden = true;
    wait(form);
    const answer = await fetch(button.dataset.fileRemove, { method: "POST", body, headers: { "HX-Request": "true" } })
      .catch(() => null);
    if (answer?.ok || answer?.status === 404) line.remove();
    else {
      line.hidden = false;
      refuse(list, answer?.status === 422 ? await answer.text() : document.body.dataset.errorText);
    }
    settle(form);
    pickerOf(form)?.querySelector("[type=file]").focus();
  });

  // --- where files come from ---

  document.addEventListener("change", (event) => {
    const picker = event.target.closest("[data-files]");
    if (!picker || event.target.type !== "file") return;
    const files = [...event.target.files];
    if (picker.dataset.uploadUrl) event.target.value = ""; // they travel alone
    take(picker, files);
  });
  document.addEventListener("attach", (event) => take(pickerOf(event.target), event.detail.files));
  document.addEventListener("paste", (event) => {
    const form = event.target.closest?.("form:has([data-upload-url])");
    const files = [...(event.clipboardData?.files || [])];
    if (!form || !files.length || event.clipboardData.getData("text/plain")) return; // tables come with a picture of them
    event.preventDefault();
    const picker = pickerOf(form);
    const now = new Date();
    const stamp = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`
      + ` ${String(now.getHours()).padStart(2, "0")}.${String(now.getMinutes()).padStart(2, "0")}.${String(now.getSeconds()).padStart(2, "0")}`;
    take(picker, files.map((file) => {
      const isNameless = /^image\.\w+$/.test(file.name);
      const name = isNameless ? `${picker.dataset.pasted} ${stamp}.${file.name.split(".").pop()}` : file.name;
      return new File([file], name, { type: file.type });
    }));
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const form = event.target.closest?.("form:has([data-files])");
      if (!form || ![...(event.dataTransfer?.types || [])].includes("Files")) return;
      event.preventDefault();
      if (kind === "dragover") form.dataset.dropOver = "";
      else delete form.dataset.dropOver;
      if (kind === "drop") take(pickerOf(form), [...event.dataTransfer.files]);
    });
  }
})();
