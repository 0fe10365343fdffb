/**
 * The builder of an automation: focus after an edit, keys, dragging, and nothing typed is lost. Each edit is a form that
 * works without this, too.
 */

const flow = () => document.getElementById("flow");
const side = () => document.getElementById("side");
const sideForm = () => document.getElementById("side-form");
const isTyping = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");

/* The panel that is open has values that aren't saved. */
const isUnsaved = () => side()?.hasAttribute("data-unsaved") ?? false;

let opener = "";
let goOn = null;

function press(id) {
  const button = document.getElementById(id);
  if (button && !button.disabled) button.click();
}

/** Save what was typed first, then do what was asked for: open another step, or edit the flow. */
function saveFirst(event) {
  const { elt, triggeringEvent } = event.detail;
  const form = sideForm();
  if (!isUnsaved() || !form || form.contains(elt) || !elt.closest(".flow-page, #add-step")) return;
  event.preventDefault();
  const submitter = triggeringEvent?.submitter;
  goOn = () => {
    const again = document.getElementById(submitter?.id || elt.id) ?? submitter;
    if (again?.isConnected) again.click();
  };
  form.requestSubmit();
}

/**
 * The number of the last save goes along with each edit, also of forms that were drawn before it. The menu of steps
 * closes only now: htmx forgets which button was pressed when the focus leaves it.
 */
function nameSave(event) {
  event.detail.elt.closest("#add-step")?.close();
  const saves = flow()?.dataset.saves;
  if (saves && event.detail.parameters.has("based_on")) event.detail.parameters.set("based_on", saves);
}

function shut() {
  const key = side()?.dataset.step;
  const link = document.getElementById("flow-close");
  if (!key || !link) return;
  opener = `step-${key}`;
  link.click();
}

/* The flow and the panel of one answer settle one after the other; what follows happens once. */
let settling = false;

function settled(event) {
  if (settling || !["side", "flow"].includes(event.target.id)) return;
  settling = true;
  setTimeout(() => {
    settling = false;
    settle();
  });
}

/** After a panel was drawn or an edit was done: focus the panel's title, or the step that was moved. */
function settle() {
  if (goOn) {
    const next = isUnsaved() ? null : goOn;
    goOn = null;
    next?.();
    return;
  }
  const panel = side();
  if (opener) document.getElementById(opener)?.focus();
  else if (panel?.dataset.step) panel.querySelector(".field-error, [role=alert]") ? panel.querySelector("[aria-invalid]")?.focus() : document.getElementById("side-title")?.focus();
  else document.getElementById(flow()?.querySelector("a.flow-title")?.id ?? "")?.focus();
  opener = "";
}

function keys(event) {
  if (!flow()) return;
  if (event.key === "Escape" && side()?.dataset.step && !document.querySelector("dialog[open], details.pop[open]")) return shut();
  if (isTyping(event.target)) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    return press(event.shiftKey ? "flow-redo" : "flow-undo");
  }
  const step = event.target.closest("a.flow-title");
  if (!step || !["ArrowUp", "ArrowDown", "Delete"].includes(event.key)) return;
  const key = step.id.slice("step-".length);
  event.preventDefault();
  if (event.key === "Delete") return press(`remove-${key}`);
  if (event.altKey) {
    opener = step.id;
    return press(event.key === "ArrowUp" ? `up-${key}` : `down-${key}`);
  }
  const all = [...flow().querySelectorAll("a.flow-title")];
  all[all.indexOf(step) + (event.key === "ArrowUp" ? -1 : 1)]?.focus();
}

/* Dragging: each line between two steps takes the step, except those inside it. */
let dragged = null;

function dragStart(event) {
  const step = event.target.closest?.(".flow-step[data-key]");
  if (!step) return;
  dragged = step;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", step.dataset.key);
  setTimeout(() => step.setAttribute("data-dragged", ""));
}

function placeUnder(event) {
  const line = event.target.closest?.(".flow-line[data-place]");
  return dragged && line && (!dragged.contains(line) || line === dragged.firstElementChild) ? line : null;
}

function mark(line) {
  for (const other of document.querySelectorAll(".flow-line[data-target]")) if (other !== line) other.removeAttribute("data-target");
  line?.setAttribute("data-target", "");
}

function dragOver(event) {
  const line = placeUnder(event);
  mark(line);
  if (line) event.preventDefault();
}

function drop(event) {
  const line = placeUnder(event);
  if (!line) return;
  event.preventDefault();
  const form = document.getElementById("flow-move");
  form.elements.key.value = dragged.dataset.key;
  form.elements.place.value = line.dataset.place;
  opener = `step-${dragged.dataset.key}`;
  form.requestSubmit();
}

function dragEnd() {
  dragged?.removeAttribute("data-dragged");
  dragged = null;
  mark(null);
}

let started = false;

export function start() {
  if (started) return;
  started = true;
  document.addEventListener("htmx:confirm", saveFirst);
  document.addEventListener("htmx:configRequest", nameSave);
  document.addEventListener("htmx:afterSettle", settled);
  document.addEventListener("input", (event) => {
    if (event.target.closest("#side-form")) side().setAttribute("data-unsaved", "");
  });
  document.addEventListener("keydown", keys);
  document.addEventListener("dragstart", dragStart);
  document.addEventListener("dragover", dragOver);
  document.addEventListener("drop", drop);
  document.addEventListener("dragend", dragEnd);
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved()) event.preventDefault();
  });
}

