/** Dialogs, menus and toasts: native elements plus what they lack. */

function openDialog(id, opener) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return;
  // One dialog can serve many rows: the opener's data-fill-NAME is copied to [data-slot=NAME] or input[name=NAME].
  for (const [key, value] of Object.entries(opener.dataset)) {
    if (!key.startsWith("fill")) continue;
    const name = key.slice(4).toLowerCase();
    for (const place of dialog.querySelectorAll(`[data-slot="${name}"]`)) place.textContent = value;
    for (const field of dialog.querySelectorAll(`[name="${name}"]`)) field.value = value;
  }
  dialog.opener = opener;
  dialog.showModal();
  document.body.dispatchEvent(new CustomEvent(`${id}:opened`));
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.pop[open]")) {
    if (menu !== except) menu.open = false;
  }
}

function leave(toast) {
  toast.remove();
}

function startToasts() {
  for (const toast of document.querySelectorAll("[data-toast]:not([data-started])")) {
    toast.dataset.started = "";
    // Errors and warnings stay until closed. Other toasts close automatically, but not under the pointer.
    if (["error", "warning"].includes(toast.dataset.tone)) continue;
    let timer = setTimeout(leave, 8000, toast);
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("focusin", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", () => { timer = setTimeout(leave, 3000, toast); });
  }
}

export function startOverlays() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) {
      event.preventDefault();
      openDialog(opener.dataset.opens, opener);
    }
    const closer = event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog, [data-toast]")?.[closer.closest("dialog") ? "close" : "remove"]();
    if (event.target instanceof HTMLDialogElement) event.target.close();
    // Choosing an entry closes its menu; a click elsewhere closes all menus except the one it is in.
    closeMenus(event.target.closest(".menu-item") ? null : event.target.closest("details.pop"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest("details.pop[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
  });
  startToasts();
  document.addEventListener("htmx:afterSettle", startToasts);
}
