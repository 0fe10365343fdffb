/** Small behaviors that any page can turn on with a data attribute. */

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https the clipboard isn't available: select the text so that Ctrl+C copies it.
    const shown = button.parentElement.querySelector("code, pre");
    if (shown) getSelection().selectAllChildren(shown);
    return;
  }
  button.dataset.copied = "";
  const status = button.querySelector("[role=status]");
  if (status) status.textContent = button.dataset.done;
  setTimeout(() => {
    delete button.dataset.copied;
    if (status) status.textContent = "";
  }, 2500);
}

/** Pressing a key clicks the button with that data-key, such as data-key="f", unless the user is typing. */
function pressKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog[open], .cm-editor, [data-editor-host]")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (target && !target.disabled) {
    event.preventDefault();
    target.matches("input") ? target.focus() : target.click();
  }
}

/** iframe[data-tries="ID of a form"]: reloads with the form's values, a moment after each change. */
let trial;
function tryOut(form) {
  clearTimeout(trial);
  trial = setTimeout(() => {
    const values = new URLSearchParams(new FormData(form));
    values.delete("csrfmiddlewaretoken");
    for (const frame of document.querySelectorAll(`iframe[data-tries="${CSS.escape(form.id)}"]`)) {
      frame.src = `${frame.dataset.address}?${values}`;
    }
  }, 250);
}

/** Inserts a chosen template before the text already written. */
function fill(select) {
  const field = document.getElementById(select.dataset.fills);
  const written = field.value.trim();
  field.value = written && select.value ? `${select.value}\n\n${written}` : select.value || written;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  select.value = "";
  field.focus();
}

/** form[data-busy="Checking …"]: after submission its button shows this text and can't be pressed again. */
function showBusy(form) {
  const button = form.querySelector("button");
  if (!button || button.disabled) return;
  button.setAttribute("aria-label", form.dataset.busy);
  button.querySelector("svg")?.classList.add("spin");
  const words = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (words) words.data = form.dataset.busy;
  setTimeout(() => { button.disabled = true; });
}

/** In a narrow window, scrolls the current tab into view. */
function showTab() {
  for (const tab of document.querySelectorAll(".tab-row [aria-current]")) {
    const row = tab.closest(".tab-row");
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}

/** Keeps a part of the page with what was ticked in it if the one that arrives says the same. */
function keepSame(event) {
  const { target, fragment } = event.detail;
  if (target.dataset.same && fragment.firstElementChild?.dataset.same === target.dataset.same) event.detail.shouldSwap = false;
}

/** input[data-checks="NAME"]: checks or clears all checkboxes with that name in its form. */
function checkAll(box) {
  for (const each of box.form.querySelectorAll(`input[type=checkbox][name="${CSS.escape(box.dataset.checks)}"]`)) each.checked = box.checked;
}

export function startHelpers() {
  showTab();
  document.addEventListener("input", (event) => {
    if (event.target.form?.id) tryOut(event.target.form);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-fills]")) fill(event.target);
    if (event.target.matches("[data-checks]")) checkAll(event.target);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-busy]") && !event.defaultPrevented) showBusy(event.target);
  });
  document.addEventListener("keydown", pressKey);
  document.addEventListener("htmx:oobBeforeSwap", keepSame);
}
