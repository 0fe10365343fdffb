/*
 * Sign-up forms on other websites. `/f/CODE/form.js` wraps this file and defines MAILFLATRATE_FORM: the form is built into the page that
 * loads it, inside a shadow root, so that neither style sheet affects the other, and is sent without leaving the page. It is part of the
 * page, or a pop-up, a slide-in or a bar that opens a pop-up. What was closed stays closed until the tab is: that is the one thing stored,
 * and only when the visitor closes it.
 * No cookies, fonts or third-party requests. The proof of work is ALTCHA's: find the number behind a hash.
 * What our own pages need of it (`hosted.js`) is exported; the wrapped file is no module and goes without its exports.
 */

/* SHA-256 (FIPS 180-4) of short ASCII text, as hexadecimal. crypto.subtle is missing on pages without TLS. */
const K = new Uint32Array(64);
const START = new Uint32Array(8);
(() => {
  const fraction = (root) => ((root - Math.floor(root)) * 4294967296) | 0;
  for (let candidate = 2, found = 0; found < 64; candidate++) {
    let prime = true;
    for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = fraction(Math.sqrt(candidate));
    K[found++] = fraction(Math.cbrt(candidate));
  }
})();
const schedule = new Uint32Array(64);
const turn = (word, bits) => (word >>> bits) | (word << (32 - bits));

function compress(state, block, at) {
  for (let i = 0; i < 16; i++, at += 4) schedule[i] = (block[at] << 24) | (block[at + 1] << 16) | (block[at + 2] << 8) | block[at + 3];
  for (let i = 16; i < 64; i++) {
    const a = schedule[i - 15];
    const b = schedule[i - 2];
    schedule[i] = (schedule[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + schedule[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + schedule[i]) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

function sha256(text) {
  const length = text.length;
  const block = new Uint8Array(((length + 72) >> 6) << 6);
  for (let i = 0; i < length; i++) block[i] = text.charCodeAt(i);
  block[length] = 128;
  new DataView(block.buffer).setUint32(block.length - 4, length * 8);
  const state = START.slice();
  for (let at = 0; at < block.length; at += 64) compress(state, block, at);
  return Array.from(state, (word) => word.toString(16).padStart(8, "0")).join("");
}

/* In slices of a few milliseconds, so that typing stays smooth. */
async function solve(task) {
  for (let number = 0; number <= task.maxNumber; ) {
    const until = performance.now() + 8;
    do {
      if (sha256(task.salt + number) === task.challenge) {
        const { algorithm, challenge, salt, signature } = task;
        return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }));
      }
      number++;
    } while (number <= task.maxNumber && performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return "";
}

/* Fetch and solve a task. Resolves when the form's hidden fields are filled, or when that isn't possible. */
export async function prove(form, url) {
  try {
    const answer = await (await fetch(url, { credentials: "omit" })).json();
    form.elements.shown.value ||= answer.shown; // when the visitor started, also after a second task
    form.elements.altcha.value = await solve(answer.task);
  } catch {
    /* The form works without the proof: our own page then asks for it again. */
  }
}

export function onFirstTouch(form, begin) {
  const touched = new AbortController();
  for (const kind of ["focusin", "pointerdown"]) form.addEventListener(kind, () => { touched.abort(); begin(); }, touched);
}

/* Report that the form was shown or begun. Only the placement and the key of the text are sent; an answer isn't needed. */
export function report(url, what, placement, compared_text = "") {
  const body = new URLSearchParams({ what, placement, compared_text });
  fetch(url, { method: "POST", body, credentials: "omit", keepalive: true }).catch(() => {});
}

export function onView(element, seen) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    seen();
  });
  watcher.observe(element);
}

/*
 * Show a form in steps. It stays one form, which is sent once, at its end: until then nothing that was filled in leaves the page.
 * `isReady` says whether a part may be left, and shows what is wrong. Returns what shows the step that an element is in.
 */
export function inSteps(form, isReady) {
  const parts = [...form.querySelectorAll("[data-step]")];
  const last = parts.length - 1;
  if (last < 1) return () => {};
  const [line, next, back] = form.querySelector("[data-steps]").children;
  const [word, bar] = line.children;
  let at = 0;
  const show = (to, moves) => {
    at = to;
    parts.forEach((part, index) => { part.hidden = index !== to; });
    word.textContent = parts[to].ariaLabel;
    bar.value = to + 1;
    parts[to].prepend(line);
    /* Enter presses the first submit button of a form: “Next” in every step but the last. */
    if (to < last) parts[to].append(next);
    else next.remove();
    if (to) (to < last ? next : parts[to].querySelector("button:not([type=button],[name])")).after(back);
    if (moves) parts[to].querySelector("input:not([type=hidden]),select").focus();
  };
  back.onclick = () => show(at - 1, true);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return; // an answer to a question about the address
    const ready = isReady(parts[at]);
    if (ready && at === last) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (ready) show(at + 1, true);
  });
  show(0);
  return (element) => {
    const part = parts.findIndex((each) => each.contains(element));
    if (part >= 0) show(part);
  };
}

const STYLE = `:host{all:initial;display:block;max-width:28rem;font:1rem/1.5 var(--face);color:inherit;color-scheme:light dark}
*{box-sizing:border-box;font:inherit}[hidden]{display:none!important}form,.done,[data-step]{display:grid;align-content:start;gap:.875rem}form,.done{padding:1.25rem;border:1px solid #8884;border-radius:.75rem;background:Canvas;color:CanvasText}
h2{margin:0;font-size:1.25rem;line-height:1.4;font-weight:600}p{margin:0;overflow-wrap:anywhere}strong{font-weight:600}.field{display:grid;gap:.25rem}
fieldset{margin:0;padding:0;border:0;min-width:0}legend{padding:0}.box{padding:.1875rem 0}
label,legend{font-size:.875rem;line-height:1.4}small{opacity:.75}input:where(:not([type=checkbox])),select{width:100%;min-height:2.5rem;padding:.4rem .75rem;border:1px solid #767676;border-radius:.5rem;background:Field;color:FieldText}
:is(input,select,fieldset,button,a,summary):focus-visible{outline:3px solid var(--tone);outline-offset:2px}
:is(.consent,.box){display:grid;grid-template-columns:auto 1fr;gap:.25rem .625rem;align-items:start}:where(.consent,.box) input{width:1.125rem;height:1.125rem;margin:.125rem 0 0;accent-color:var(--tone)}
button{min-height:2.75rem;padding:.5rem 1rem;border:1px solid #0003;border-radius:.5rem;background:var(--tone);color:var(--on-tone);font-weight:600;cursor:pointer}button[aria-busy=true]{opacity:.7}
button.plain{min-height:2rem;padding:.25rem .75rem;background:transparent;color:inherit;border-color:#8888;margin:.25rem .5rem 0 0}button.mf-back{margin:0;justify-self:start}
.error{font-size:.875rem;color:#b3261e}@media (prefers-color-scheme:dark){.error{color:#ffb4ab}}details,.links{font-size:.8125rem}details p{margin-top:.375rem}summary{cursor:pointer}a{color:inherit}.trap{position:absolute;left:-99rem}.steps{display:flex;gap:.75rem;align-items:center;font-size:.8125rem}progress{flex:1;height:.375rem;appearance:none;border:0;border-radius:1rem;overflow:hidden;background:#8884;color:var(--tone)}::-webkit-progress-bar{background:none}::-webkit-progress-value{background:currentColor}::-moz-progress-bar{background:currentColor}`;

const OVERLAY = `:host{max-width:none}dialog{outline:0;padding:0;border:0;border-radius:.75rem;background:none;width:30rem;max-width:calc(100vw - 2rem)}
dialog::backdrop{background:#0008}h2{padding-right:2rem}section{position:fixed;z-index:99999;inset:auto 0 0;animation:rise .25s}
.slide{inset:auto 1rem 1rem auto;width:26rem;max-width:calc(100vw - 2rem);max-height:calc(100vh - 2rem);overflow:auto;border-radius:.75rem;box-shadow:0 0 2rem #0006}
.bar{display:flex;flex-wrap:wrap;gap:1rem;align-items:center;justify-content:center;padding:.75rem 3.5rem .75rem 1rem;background:Canvas;color:CanvasText;border-top:1px solid #8884}
button.close{position:absolute;z-index:1;top:.75rem;right:.75rem;min-height:2.25rem;width:2.25rem;padding:0;border:0;background:none;color:inherit;font-size:1.5rem}.slide .close,dialog .close{color:CanvasText}
@media (prefers-reduced-motion:no-preference){@keyframes rise{from{opacity:0}}}`;

function build(config, script) {
  config.count = `${config.action}count`;
  const reserved = document.querySelector(`[data-mailflatrate="${config.code}"]:not([data-ready])`);
  if (!reserved && config.placement.kind !== "inline") return whenDue(config, () => overlay(config));
  const host = reserved ?? document.createElement("div");
  if (!reserved) script.after(host);
  const { root, form } = plant(config, host, "", "inline");
  root.append(form);
  onView(form, () => report(config.count, "view", "inline"));
}

/* A shadow root in `host` with the style, and the form, which is not in it yet. */
function plant(config, host, style, placement) {
  host.dataset.ready = "";
  const root = host.attachShadow({ mode: "open" });
  /* A constructed style sheet, because a strict content security policy blocks style elements added by scripts. */
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`:host{--tone:${config.look.colour};--on-tone:${config.look.ink};--face:${config.look.face}}${STYLE}${style}${config.css}`);
  root.adoptedStyleSheets = [sheet];
  host.lang = config.language;
  const holder = document.createElement("template");
  holder.innerHTML = config.html;
  const form = document.importNode(holder.content, true).querySelector("form");
  form.elements.page.value = location.origin + location.pathname;
  form.elements.placement.value = placement;
  prefill(form, config.fields);
  serve(form, root, config);
  return { root, form };
}

/* Fields take values from the address of the page, by their names. Consents never do: they aren't fields. */
function prefill(form, fields) {
  const given = new URLSearchParams(location.search);
  for (const key of fields) {
    for (const value of given.getAll(key)) {
      for (const input of form.querySelectorAll(`[name=${key}]`)) {
        if (input.type === "checkbox") input.checked ||= input.value === value;
        else input.value = value.slice(0, 254);
      }
    }
  }
}

/* Closed pop-ups stay closed in this tab. Where storage is blocked, they come back with the next page. */
function closed(config, now) {
  try {
    if (now) sessionStorage.setItem(config.count, 1);
    return sessionStorage.getItem(config.count);
  } catch {
    return null;
  }
}

const pattern = (path) => new RegExp(`^${path.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);

/* Run `show` once, when the rules of the placement are met. */
function whenDue(config, show) {
  const { trigger, seconds, percent, devices, pages } = config.placement;
  if (closed(config)) return;
  if (pages.length && !pages.some((path) => pattern(path).test(location.pathname))) return;
  if (devices !== "all" && matchMedia("(max-width: 47.99rem)").matches !== (devices === "narrow")) return;
  if (trigger === "delay") return void setTimeout(show, seconds * 1000);
  const hover = matchMedia("(hover: hover)").matches;
  if (trigger === "exit" && hover) {
    const leave = (event) => {
      if (event.relatedTarget || event.clientY > 0) return;
      document.removeEventListener("mouseout", leave);
      show();
    };
    return document.addEventListener("mouseout", leave);
  }
  /* Without a pointer no one can be seen leaving: there, the end of the page is. */
  const due = (trigger === "exit" ? 90 : percent) / 100;
  const look = () => {
    const { scrollHeight } = document.documentElement;
    if (scrollY + innerHeight < scrollHeight * due) return;
    removeEventListener("scroll", look);
    show();
  };
  addEventListener("scroll", look, { passive: true });
  if (scrollY > 0 || due === 0) look();
}

const make = (tag, name, ...parts) => {
  const element = document.createElement(tag);
  element.className = name;
  element.append(...parts);
  return element;
};

/* Texts that are compared: chance picks one for this view. Nothing is stored, so the next page picks again. */
function choose(config, form) {
  if (!config.compared) return;
  const [key, title, intro, button] = config.compared[Math.floor(Math.random() * config.compared.length)];
  form.elements.compared_text.value = key;
  for (const [id, words] of Object.entries({ title, intro, send: button })) {
    const part = form.querySelector(`#mf-${id}`);
    part.textContent = words;
    part.hidden = !words;
  }
  Object.assign(config, { title, button });
}

function overlay(config) {
  const { kind } = config.placement;
  const host = make("div", "");
  const { root, form } = plant(config, host, OVERLAY, kind);
  choose(config, form);
  const { title } = config;
  document.body.append(host);
  form.addEventListener("taken", () => closed(config, true));
  const dismiss = () => { closed(config, true); host.remove(); };
  const closer = (close) => {
    const button = make("button", "close mf-close", "\u00d7");
    button.type = "button";
    button.ariaLabel = config.words.close;
    button.onclick = close;
    return button;
  };
  /* A part of the page that takes no focus. Escape closes it. */
  const region = (name, ...parts) => {
    const part = make("section", name, closer(dismiss), ...parts);
    part.ariaLabel = title;
    part.addEventListener("keydown", (event) => event.key === "Escape" && dismiss());
    root.append(part);
  };
  report(config.count, "view", kind, form.elements.compared_text?.value);
  if (kind === "slide_in") return region("slide", form);
  const dialog = make("dialog", "", closer(() => dialog.close()), form);
  dialog.ariaLabel = title;
  dialog.tabIndex = -1;
  /* The focus isn't on a button, or the key that opened the dialog would close it again. */
  const show = () => { dialog.showModal(); dialog.focus(); };
  /* Whoever types at once types into the first field. */
  dialog.addEventListener("keydown", ({ target, key, ctrlKey, metaKey, altKey }) => {
    if (target === dialog && key.length === 1 && key !== " " && !ctrlKey && !metaKey && !altKey) form.querySelector("input:not([type=hidden])")?.focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  root.append(dialog);
  if (kind === "popup") {
    dialog.onclose = dismiss;
    return show();
  }
  const open = make("button", "mf-button", config.button);
  open.onclick = show;
  dialog.addEventListener("close", () => form.isConnected || host.remove());
  region("bar mf-bar", make("p", "", title), open);
}

function serve(form, root, config) {
  let proof = null;
  let retried = false;
  let ready = 0;
  onFirstTouch(form, () => report(config.count, "start", form.elements.placement.value, form.elements.compared_text?.value));
  const begin = () => {
    ready ||= performance.now() + config.pause;
    return (proof ??= prove(form, `${config.action}task`));
  };
  onFirstTouch(form, begin);
  const at = (id) => root.getElementById(id);
  const say = (id, message) => {
    const line = at(`${id}-error`) ?? at("form-error");
    line.textContent = message;
    line.hidden = !message;
    at(id)?.setAttribute("aria-invalid", message ? "true" : "false");
  };
  const show = (errors) => {
    for (const line of root.querySelectorAll(".error")) line.hidden = true;
    for (const input of root.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    for (const [id, message] of Object.entries(errors)) say(id, message);
    const first = at(Object.keys(errors)[0]) ?? at("mf-send");
    showStepOf(first);
    first.focus();
  };
  const isReady = (part) => {
    const errors = {};
    for (const input of part.querySelectorAll("[required]")) {
      if (input.type === "checkbox" ? !input.checked : !input.value.trim()) errors[input.id] = input.type === "checkbox" ? config.words.tick : config.words.fill;
    }
    for (const group of part.querySelectorAll("[data-required]")) {
      if (!group.querySelector("input:checked")) errors[group.id] = config.words[group.dataset.required || "fill"];
    }
    const [isWrong] = Object.keys(errors);
    if (isWrong) show(errors);
    return !isWrong;
  };
  const showStepOf = inSteps(form, isReady);
  const ask = (answer) => {
    const line = at("question");
    line.textContent = `${answer.question} `;
    if (answer.suggestion) choice(line, answer.use, () => { form.elements.email.value = answer.suggestion; });
    choice(line, answer.keep, () => { form.elements.checked.value = form.elements.email.value; });
    line.hidden = false;
    line.querySelector("button").focus();
  };
  const choice = (line, label, act) => {
    const button = make("button", "plain", label);
    button.type = "button";
    button.onclick = () => { act(); line.hidden = true; form.requestSubmit(); };
    line.append(button);
  };
  const done = (answer) => {
    if (answer.go) return void (location = answer.go);
    const panel = make("div", "done mf-form", make("h2", "mf-title", answer.title), make("p", "mf-intro", answer.text));
    panel.role = "status";
    panel.tabIndex = -1;
    /* Part of a page, it keeps the form's height, so that what follows doesn't jump. */
    if (form.elements.placement.value === "inline") panel.style.minHeight = `${form.offsetHeight}px`;
    form.dispatchEvent(new Event("taken"));
    form.replaceWith(panel);
    panel.focus();
  };
  const send = async () => {
    await begin();
    /* A form sent faster than a person can read counts as automated, so a browser with autofill waits here. */
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ready - performance.now())));
    const answer = await (await fetch(config.action, { method: "POST", credentials: "omit", headers: { Accept: "application/json" }, body: new URLSearchParams(new FormData(form)) })).json();
    form.elements.altcha.value = "";
    proof = null;
    if (answer.outcome === "step" && !retried) {
      retried = true;
      await new Promise((resolve) => setTimeout(resolve, answer.wait));
      return send();
    }
    return answer;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = at("mf-send");
    if (button.getAttribute("aria-busy") === "true") return;
    if (!isReady(form)) return;
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await send();
      if (answer.outcome === "taken") done(answer);
      else if (answer.question) ask(answer);
      else show(answer.errors);
    } catch {
      /* The network or the page's policy blocks the request: send it as a plain form to our own page. */
      form.submit();
    }
    button.removeAttribute("aria-busy");
  });
}

/* global MAILFLATRATE_FORM, MAILFLATRATE_SCRIPT */
if (typeof MAILFLATRATE_FORM !== "undefined") build(MAILFLATRATE_FORM, MAILFLATRATE_SCRIPT);
