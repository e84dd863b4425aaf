// Sends files straight to the server, a few at a time, so that five hundred of them never lie in its memory.
const AT_ONCE = 3;
const SHOWN_REFUSALS = 50;

export default function ({ data, parentElement, setTriggerValue }) {
  const zone = (parentElement.zone ??= new Zone(parentElement));
  zone.data = data;
  zone.stored = (count) => setTriggerValue("stored", count);
  zone.label();
}

class Zone {
  constructor(root) {
    this.root = root;
    this.reset();
    const drop = this.find(".drop");
    const input = this.find("input");
    this.find(".choose").onclick = () => input.click();
    this.find(".cancel").onclick = () => this.cancel();
    this.find(".again").onclick = () => this.retry();
    input.onchange = () => { this.add([...input.files]); input.value = ""; };
    drop.ondragover = (event) => { event.preventDefault(); drop.classList.add("over"); };
    drop.ondragleave = () => drop.classList.remove("over");
    drop.ondrop = async (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.add(await droppedFiles(event.dataTransfer));
    };
    window.addEventListener("beforeunload", (event) => { if (this.busy) event.preventDefault(); });
  }

  find(selector) { return this.root.querySelector(selector); }

  get busy() { return this.running.size > 0 || this.waiting.length > 0; }

  reset() {
    Object.assign(this, { waiting: [], running: new Map(), lost: [], refused: [] });
    Object.assign(this, { total: 0, taken: 0, known: 0, cancelled: 0, bytes: 0, sent: 0 });
  }

  label() {
    const { words } = this.data;
    for (const name of ["choose", "cancel", "again", "hint"]) this.find(`.${name}`).textContent = words[name];
    this.find("input").accept = this.data.accept;
    this.find("input").setAttribute("aria-label", words.choose);
    this.draw();
  }

  add(files) {
    if (!files.length) return;
    if (!this.busy) { this.reset(); this.started = performance.now(); }
    this.total += files.length;
    this.bytes += files.reduce((sum, file) => sum + file.size, 0);
    this.waiting.push(...files.map((file) => ({ file, collection: this.data.collection })));
    this.pump();
  }

  pump() {
    while (this.waiting.length && this.running.size < AT_ONCE) this.send(this.waiting.shift());
    this.draw();
  }

  send(item) {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("collection", item.collection);
    form.append("file", item.file, item.file.name);
    this.running.set(request, 0);
    request.upload.onprogress = (event) => {
      this.running.set(request, Math.min(event.loaded, item.file.size));
      this.draw();
    };
    request.onload = () => this.answered(request, item);
    request.onerror = () => { this.lost.push(item); this.end(request, item); };
    request.onabort = () => this.end(request, item);
    request.open("POST", this.data.address);
    request.setRequestHeader("Accept-Language", this.data.locale);
    request.send(form);
  }

  answered(request, item) {
    if (request.status === 202) this.taken += 1;
    else if (request.status === 200) this.known += 1;
    else this.refused.push({ name: item.file.name, reason: reasonOf(request, this.data.words.failed) });
    this.end(request, item);
  }

  end(request, item) {
    this.running.delete(request);
    this.sent += item.file.size;
    this.pump();
    // The first one wakes the list below, the last one settles it; in between it follows by itself.
    if (!this.busy || this.taken === 1) this.stored(this.taken + this.known);
  }

  cancel() {
    this.cancelled = this.waiting.length + this.running.size;
    this.waiting = [];
    for (const request of [...this.running.keys()]) request.abort();
    this.draw();
  }

  retry() {
    const again = this.lost;
    this.lost = [];
    this.total = again.length;
    this.add(again.map((item) => item.file));
  }

  // --- what is seen ---

  draw() {
    const { words } = this.data;
    const done = this.taken + this.known + this.refused.length;
    this.find(".progress").hidden = !this.busy;
    this.find(".cancel").hidden = !this.busy;
    this.find(".again").hidden = this.busy || !this.lost.length;
    const sent = this.sent + [...this.running.values()].reduce((sum, one) => sum + one, 0);
    const share = this.bytes ? Math.min(1, sent / this.bytes) : 0;
    this.find("progress").value = share;
    this.find(".counts").textContent = this.busy ? [
      fill(words.counts, { done: done, total: this.total }),
      `${size(sent, this.data.locale)} / ${size(this.bytes, this.data.locale)}`,
      this.left(share),
    ].filter(Boolean).join(" · ") : "";
    this.find(".outcome").replaceChildren(...(this.busy ? [] : this.outcome(words)));
  }

  left(share) {
    const passed = (performance.now() - this.started) / 1000;
    if (share < 0.02 || passed < 2) return "";
    const seconds = Math.ceil((passed / share) * (1 - share));
    return fill(this.data.words.left, { seconds });
  }

  outcome(words) {
    const lines = [];
    if (this.taken) lines.push(line("good", fill(words.taken, { n: this.taken })));
    if (this.known) lines.push(line("", fill(words.known, { n: this.known })));
    if (this.cancelled) lines.push(line("", fill(words.cancelled, { n: this.cancelled })));
    if (this.lost.length) lines.push(line("bad", fill(words.lost, { n: this.lost.length })));
    for (const { name, reason } of this.refused.slice(0, SHOWN_REFUSALS)) lines.push(line("bad", reason, name));
    const more = this.refused.length - SHOWN_REFUSALS;
    if (more > 0) lines.push(line("bad", fill(words.more, { n: more })));
    return lines;
  }
}

function line(kind, text, name = "") {
  const row = document.createElement("p");
  row.className = kind;
  if (name) {
    const strong = document.createElement("strong");
    strong.textContent = `${name}: `;
    row.append(strong);
  }
  row.append(text);
  return row;
}

function reasonOf(request, otherwise) {
  try { return JSON.parse(request.responseText).error.message || otherwise; } catch { return otherwise; }
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function size(bytes, locale) {
  return new Intl.NumberFormat(locale, { style: "unit", unit: "megabyte", maximumFractionDigits: bytes < 1e7 ? 1 : 0 }).format(bytes / 1e6);
}

// Folders are walked through; what a browser cannot read of them is left out.
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, found);
  }
}
