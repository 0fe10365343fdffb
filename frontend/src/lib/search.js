/** The search dialog: Ctrl+K or ⌘K opens it; arrows choose a result while the cursor stays in the field; Enter opens it. */

const IS_MAC = /mac|iphone|ipad/i.test(navigator.platform);

const options = (dialog) => [...dialog.querySelectorAll("[role=option]")];

/** Mark one result as chosen; null marks none, for example while newer results are on their way. */
function choose(field, all, chosen) {
  for (const option of all) option.setAttribute("aria-selected", String(option === chosen));
  if (chosen) {
    field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function pressKey(dialog, field, event) {
  if (event.isComposing) return;
  const all = options(dialog);
  const at = all.findIndex((option) => option.id === field.getAttribute("aria-activedescendant"));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!all.length) return;
    const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? all.length - 1 : at - 1;
    choose(field, all, all[(next + all.length) % all.length]);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    // With Ctrl or ⌘ the browser opens the result in a new tab, as it does for any link.
    all[at].dispatchEvent(new MouseEvent("click", {
      bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey, shiftKey: event.shiftKey,
    }));
  }
}

function showResults(dialog, field) {
  const all = options(dialog);
  field.setAttribute("aria-expanded", String(all.length > 0));
  choose(field, all, all[0] ?? null);
  dialog.querySelector("[data-search-status]").textContent =
    dialog.querySelector("[data-search-summary]")?.textContent.trim() ?? "";
}

function open(dialog) {
  if (!dialog.open && !document.querySelector("dialog[open]")) dialog.showModal();
  const field = dialog.querySelector("[role=combobox]");
  field.focus();
  field.select();
}

export function startSearch() {
  const dialog = document.getElementById("search-dialog");
  if (!dialog) return;
  const field = dialog.querySelector("[role=combobox]");
  const failed = dialog.querySelector("[data-search-failed]");
  if (IS_MAC) for (const keys of document.querySelectorAll("[data-search-keys]")) keys.textContent = "⌘K";
  document.addEventListener("keydown", (event) => {
    const wanted = (IS_MAC ? event.metaKey : event.ctrlKey) && !event.altKey && !event.shiftKey;
    if (!wanted || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open(dialog);
  });
  document.body.addEventListener("search-dialog:opened", () => open(dialog));
  field.addEventListener("keydown", (event) => pressKey(dialog, field, event));
  // A result on this very page would leave the dialog over it.
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[role=option]") && !event.ctrlKey && !event.metaKey) dialog.close();
  });
  // What is shown no longer fits what is typed, so Enter must not open it.
  field.addEventListener("input", () => choose(field, options(dialog), null));
  dialog.addEventListener("htmx:beforeRequest", () => { failed.hidden = true; });
  dialog.addEventListener("htmx:afterSwap", () => showResults(dialog, field));
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    dialog.addEventListener(name, () => { failed.hidden = false; });
  }
}
