/**
 * form[data-draft="ID"], or "ID.N" for a variant, saves itself through htmx; this keeps what has not reached the server yet.
 *
 * Every change goes to the browser's own storage at once, is sent when the page is hidden or closed, and is taken up again
 * by the next page that opens the draft. The server is told which window saves (tab) and how often it has (turn), so that a
 * late request of the same window is neither a conflict nor a step back.
 */

const OWN = new Set(["csrfmiddlewaretoken", "seen", "aside", "tab", "turn", "kind", "row", "use_segment"]);

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function entriesOf(form) {
  return [...new FormData(form)].filter(([name, value]) => !OWN.has(name) && typeof value === "string");
}

/** Puts stored entries back into the form's controls; rows that are not on the page any more are left alone. */
function restore(form, entries) {
  const values = Map.groupBy ? Map.groupBy(entries, ([name]) => name) : entries.reduce((map, pair) => map.set(pair[0], [...(map.get(pair[0]) ?? []), pair]), new Map());
  for (const control of form.elements) {
    if (!control.name || OWN.has(control.name) || control.type === "submit") continue;
    const all = (values.get(control.name) ?? []).map(([, value]) => value);
    if (control.type === "checkbox") control.checked = all.includes(control.value);
    else if (form.querySelectorAll(`[name="${CSS.escape(control.name)}"]`).length === 1 && all.length === 1) control.value = all[0];
    control.dispatchEvent(new Event(control.matches("textarea") ? "change" : "restored"));
  }
}

class Draft {
  constructor(form) {
    this.form = form;
    this.key = `draft:${form.dataset.draft}`;
    this.tab = [...crypto.getRandomValues(new Uint8Array(12))].map((octet) => octet.toString(16).padStart(2, "0")).join("");
    this.turn = 0;
    this.changed = 0;
    this.kept = 0;
    this.leaving = false;
    form.elements.tab.value = this.tab;
    form.addEventListener("input", () => this.note());
    form.addEventListener("change", () => this.note());
    form.addEventListener("htmx:configRequest", (event) => this.configure(event));
    form.addEventListener("htmx:afterRequest", (event) => this.settle(event));
    form.addEventListener("submit", () => { this.leaving = true; });
    document.addEventListener("submit", (event) => { if (event.target.matches("[data-leaves]")) this.leave(); });
    document.addEventListener("click", (event) => { if (event.target.closest("a[data-leaves]")) this.leave(); });
    addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.flush(); });
    addEventListener("pagehide", () => this.flush());
    this.takeUp();
  }

  get seen() { return document.getElementById("seen").value; }

  note() {
    this.changed += 1;
    try {
      localStorage.setItem(this.key, JSON.stringify({ seen: this.seen, entries: entriesOf(this.form) }));
    } catch {
      // No room or no permission: the server still gets it a moment later.
    }
  }

  configure(event) {
    if (event.target !== this.form) return;
    this.turn += 1;
    event.detail.parameters.set?.("turn", String(this.turn));
    event.detail.parameters.turn = String(this.turn);
    this.sending = this.changed;
  }

  settle(event) {
    if (event.target !== this.form || !event.detail.successful) return;
    this.kept = this.sending;
    if (this.kept === this.changed) localStorage.removeItem(this.key);
  }

  leave() {
    this.leaving = true;
    localStorage.removeItem(this.key);
  }

  /** The page goes: send what is open with a request that outlives it. What is too long for that waits in the storage. */
  flush() {
    if (this.leaving || this.kept === this.changed) return;
    this.turn += 1;
    const body = new URLSearchParams(new FormData(this.form));
    body.set("turn", String(this.turn));
    const sent = this.changed;
    fetch(this.form.action, { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((answer) => { if (answer.ok && sent === this.changed) { this.kept = sent; localStorage.removeItem(this.key); } })
      .catch(() => {});
  }

  /** What an earlier page could not save any more. On the same version it goes on; on an older one the server sets it aside. */
  takeUp() {
    const left = stored(this.key);
    if (!left) return;
    const now = JSON.stringify(entriesOf(this.form));
    if (JSON.stringify(left.entries) === now) {
      localStorage.removeItem(this.key);
      return;
    }
    if (left.seen !== this.seen) document.getElementById("seen").value = left.seen;
    restore(this.form, left.entries);
    const save = () => setTimeout(() => this.form.dispatchEvent(new Event("input", { bubbles: true })));
    // htmx listens to the form only once the document is there.
    if (document.readyState === "complete") save();
    else addEventListener("load", save, { once: true });
  }
}

export function startDrafts() {
  const form = document.querySelector("form[data-draft]");
  if (form) new Draft(form);
}
