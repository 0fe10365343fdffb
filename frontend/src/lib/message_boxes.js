/**
 * Refreshes a message in a .message-box without flicker: the new frame loads behind the old one and replaces it once
 * loaded. Used where htmx swaps a section that contains one (data-message-section).
 */

function exchange(box, next) {
  const before = box.querySelector("iframe:not([data-incoming])");
  for (const waiting of box.querySelectorAll("iframe[data-incoming]")) waiting.remove();
  if (before && before.getAttribute("srcdoc") === next.getAttribute("srcdoc") && before.getAttribute("src") === next.getAttribute("src")) return;
  next.dataset.incoming = "";
  next.setAttribute("aria-hidden", "true");
  next.addEventListener("load", () => {
    if (!next.isConnected) return;
    before?.remove();
    delete next.dataset.incoming;
    next.removeAttribute("aria-hidden");
  }, { once: true });
  box.append(next);
}

/** Copies everything from `after` into `before` except the box, which keeps its frame until the new one has loaded. */
function merge(before, after) {
  const oldBox = before.querySelector(".message-box");
  const newBox = after.querySelector(".message-box");
  if (!oldBox || !newBox) return false;
  const frame = newBox.querySelector("iframe");
  for (const { name, value } of newBox.attributes) oldBox.setAttribute(name, value);
  const oldHome = oldBox.parentElement;
  const newHome = newBox.parentElement;
  before.querySelector(".sheet-head").replaceWith(after.querySelector(".sheet-head"));
  for (const child of [...oldHome.children]) if (child !== oldBox) child.remove();
  let passed = false;
  for (const child of [...newHome.children]) {
    if (child === newBox) passed = true;
    else if (passed) oldHome.append(child);
    else oldBox.before(child);
  }
  for (const { name, value } of after.attributes) before.setAttribute(name, value);
  exchange(oldBox, frame);
  return true;
}

export function startLetters(htmx) {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, shouldSwap } = event.detail;
    if (!shouldSwap || !target?.matches?.("[data-message-section]")) return;
    const answer = new DOMParser().parseFromString(serverResponse, "text/html");
    const after = answer.getElementById(target.id);
    if (!after || !merge(target, after)) return;
    event.detail.shouldSwap = false;
    for (const other of answer.querySelectorAll("[hx-swap-oob]")) {
      const place = document.getElementById(other.id);
      other.removeAttribute("hx-swap-oob");
      place?.replaceWith(other);
    }
    htmx.process(target);
  });
}
