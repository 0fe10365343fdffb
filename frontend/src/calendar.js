/**
 * Dragging in the calendar: a day takes a campaign that may move. The menu of each entry leads to the same form, so that
 * no one needs to drag.
 */

let dragged = null;

function dragStart(event) {
  const entry = event.target.closest?.("[data-move-url]");
  if (!entry) return;
  dragged = entry;
  entry.open = false;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", entry.dataset.moveUrl);
  setTimeout(() => entry.setAttribute("data-dragged", ""));
}

function dayUnder(event) {
  const day = event.target.closest?.("[data-calendar] [data-day]");
  return dragged && day && !day.contains(dragged) ? day : null;
}

function mark(day) {
  for (const other of document.querySelectorAll(".calendar-day[data-target]")) if (other !== day) other.removeAttribute("data-target");
  day?.setAttribute("data-target", "");
}

function dragOver(event) {
  const day = dayUnder(event);
  mark(day);
  if (day) event.preventDefault();
}

function drop(event) {
  const day = dayUnder(event);
  if (!day) return;
  event.preventDefault();
  const form = document.getElementById("calendar-move");
  form.action = dragged.dataset.moveUrl;
  form.elements.to.value = day.dataset.day;
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
  document.addEventListener("dragstart", dragStart);
  document.addEventListener("dragover", dragOver);
  document.addEventListener("drop", drop);
  document.addEventListener("dragend", dragEnd);
}
