/**
 * form[data-draft="ID"], or "ID.N" for a variant, saves automatically through htmx. This keeps changes not yet on the server.
 *
 * Every change is stored in the browser immediately, sent when the page is hidden or closed, and restored by the next page
 * that opens the draft. The server gets the window (tab) and its save count (turn), so that a late request from the same
 * window, also from the page before, neither conflicts nor reverts anything.
 */

const OWN = new Set(["csrfmiddlewaretoken", "seen", "aside", "tab", "turn", "kind", "row", "use_segment"]);

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

const WINDOW = "draft-window";

/**
 * Takes over the window's name and save count from its page before. While a page has them they aren't stored, because a
 * duplicated tab gets a copy of what is.
 */
function windowBefore() {
  try {
    const left = JSON.parse(sessionStorage.getItem(WINDOW) ?? "null");
    sessionStorage.removeItem(WINDOW);
    return left;
  } catch {
    return null;
  }
}

function newWindow() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function entriesOf(form) {
  return [...new FormData(form)].filter(([name, value]) => !OWN.has(name) && typeof value === "string");
}

/** Restores stored entries into the form's controls; rows no longer on the page are ignored. */
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
    const before = windowBefore();
    this.turn = before?.turn ?? 0;
    this.changed = 0;
    this.kept = 0;
    this.leaving = false;
    this.name(before?.tab ?? newWindow());
    form.addEventListener("input", () => this.note());
    form.addEventListener("change", () => this.note());
    form.addEventListener("htmx:configRequest", (event) => this.configure(event));
    form.addEventListener("htmx:afterRequest", (event) => this.settle(event));
    form.addEventListener("submit", () => { this.leaving = true; this.turn += 1; form.elements.turn.value = this.turn; });
    document.addEventListener("submit", (event) => { if (event.target.matches("[data-leaves]")) this.leave(); });
    document.addEventListener("click", (event) => { if (event.target.closest("a[data-leaves]")) this.leave(); });
    addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.flush(); });
    addEventListener("pagehide", () => { this.flush(); this.handOver(); });
    addEventListener("pageshow", (event) => { if (event.persisted) this.name(newWindow()); });
    this.takeUp();
  }

  /** A page that comes back out of the browser's memory is older than what the window saved since, so it gets a new name. */
  name(tab) {
    this.tab = tab;
    this.form.elements.tab.value = tab;
  }

  handOver() {
    try {
      sessionStorage.setItem(WINDOW, JSON.stringify({ tab: this.tab, turn: this.turn }));
    } catch {
      // The next page begins a window of its own.
    }
  }

  get seen() { return document.getElementById("seen").value; }

  note() {
    this.changed += 1;
    try {
      localStorage.setItem(this.key, JSON.stringify({ seen: this.seen, entries: entriesOf(this.form) }));
    } catch {
      // No space or no permission: the server still gets it a moment later.
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

  /** The page closes: sends unsaved changes with a request that outlives it. What is too long for that stays in storage. */
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

  /** Restores what an earlier page couldn't save. It continues the same version; for an older one the server sets it aside. */
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
    // htmx listens to the form only once the document has loaded.
    if (document.readyState === "complete") save();
    else addEventListener("load", save, { once: true });
  }
}

export function startDrafts() {
  const form = document.querySelector("form[data-draft]");
  if (form) new Draft(form);
}
