/*
 * [data-stand]: a form on a tablet. Each entry is sent at once; without a connection it waits here and is sent later, with its age.
 *
 * What waits is kept in localStorage, unencrypted, as short as possible: the fields as typed in, the boxes, the time. It goes as soon as the
 * server has it, and after 72 hours in any case; 200 entries at most. The form empties after each person, and when nobody goes on.
 */

const MOST = 200;
const BATCH = 20;
const KEPT = 72 * 3600 * 1000;
const THANKS = 12_000;
const IDLE = 90_000;
const AGAIN = 30_000;
const PATIENCE = 8_000;

class Stand {
  constructor(root) {
    this.root = root;
    this.form = root.querySelector("form[data-task]");
    this.thanks = root.querySelector("[data-stand-thanks]");
    this.alert = root.querySelector("[data-stand-alert]");
    this.key = `stand:${root.dataset.stand}`;
    for (const field of this.form.elements) field.setAttribute("autocomplete", "off");
    this.form.noValidate = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit();
    });
    this.form.addEventListener("input", () => this.wait(IDLE));
    root.querySelector("[data-stand-next]").addEventListener("click", () => this.reset());
    addEventListener("online", () => void this.flush());
    setInterval(() => void this.flush(), AGAIN);
    void this.flush();
  }

  /** Entries that wait, the oldest first, without those that are too old. */
  get waiting() {
    try {
      const rows = JSON.parse(localStorage.getItem(this.key)) ?? [];
      return rows.filter((row) => Date.now() - row.at < KEPT);
    } catch { return []; }
  }

  set waiting(rows) {
    if (rows.length) localStorage.setItem(this.key, JSON.stringify(rows));
    else localStorage.removeItem(this.key);
    const line = this.root.querySelector("[data-stand-waiting]");
    line.textContent = rows.length ? line.dataset.words.replace("…", String(rows.length)) : "";
  }

  async submit() {
    if (this.busy || !this.form.reportValidity()) return;
    const rows = this.waiting;
    if (rows.length >= MOST) { this.say(this.root.dataset.full); return; }
    this.busy = true;
    this.form.querySelector("button.btn-primary").disabled = true;
    const entry = { id: crypto.randomUUID(), at: Date.now(), fields: [...new FormData(this.form)].filter(([, said]) => typeof said === "string") };
    const result = (await this.send([entry]))?.get(entry.id);
    this.busy = false;
    this.form.querySelector("button.btn-primary").disabled = false;
    if (result?.outcome === "refused") { this.refuse(result.errors); return; }
    if (result?.outcome !== "taken") this.waiting = [...this.waiting, entry];
    this.done(result?.outcome === "taken");
  }

  /** The server's word on each entry, by id; null without a connection, or without a session. */
  async send(rows) {
    const now = Date.now();
    const entries = rows.map(({ id, at, fields }) => ({ id, age: Math.max(0, (now - at) / 1000), fields }));
    try {
      const reply = await fetch(this.root.dataset.entries, {
        method: "POST", body: JSON.stringify({ entries }), headers: { "Content-Type": "application/json" }, credentials: "same-origin",
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (reply.status === 403) this.isLocked = true;
      if (!reply.ok) return null;
      const { results } = await reply.json();
      return new Map(results.map((result) => [result.id, result]));
    } catch { return null; }
  }

  async flush() {
    const rows = this.waiting;
    this.waiting = rows;
    if (this.flushing || !rows.length || !navigator.onLine) return;
    this.flushing = true;
    const results = await this.send(rows.slice(0, BATCH));
    this.flushing = false;
    if (!results) return;
    const gone = new Set([...results.values()].filter(({ outcome }) => outcome !== "later").map(({ id }) => id));
    this.waiting = this.waiting.filter(({ id }) => !gone.has(id));
    if (gone.size && this.waiting.length) void this.flush();
  }

  refuse(errors) {
    const [name, said] = Object.entries(errors)[0] ?? ["form", ""];
    this.say(said);
    const field = this.form.elements.namedItem(name);
    if (field instanceof HTMLElement) field.focus();
  }

  say(text) {
    this.alert.textContent = text;
    this.alert.hidden = !text;
  }

  done(isSent) {
    this.say("");
    this.form.hidden = true;
    this.thanks.hidden = false;
    this.thanks.querySelector("[data-sent]").hidden = !isSent;
    this.thanks.querySelector("[data-kept]").hidden = isSent;
    this.thanks.querySelector("h2").focus();
    this.wait(THANKS);
  }

  wait(time) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.reset(), time);
  }

  reset() {
    clearTimeout(this.timer);
    if (this.isLocked && navigator.onLine) { location.reload(); return; }
    this.form.reset();
    this.say("");
    this.form.hidden = false;
    this.thanks.hidden = true;
    scrollTo(0, 0);
  }
}

const root = document.querySelector("[data-stand]");
if (root) new Stand(root);
