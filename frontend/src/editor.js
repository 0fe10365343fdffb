import { html } from "@codemirror/lang-html";
import { markdown } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

/**
 * textarea[data-editor="mjml | html | markdown"] becomes an editor; the textarea remains the form's field and is kept in sync.
 * data-errors='[{"line": 3, "message": "...", "severity": "error | warning"}]' marks lines; change the attribute (or swap
 * the textarea through htmx) and the marks follow. A link with data-goto-line="3" (and data-editor-id) jumps there.
 *
 * The editor is in a shadow root, where CodeMirror uses constructed style sheets, so the content security policy
 * needs neither a nonce nor 'unsafe-inline' for it.
 */

const mounted = new Map();

const look = EditorView.theme({
  "&": { fontSize: "12.5px", color: "var(--color-base-content)", backgroundColor: "var(--color-base-100)", border: "1px solid var(--line-strong)", borderRadius: "var(--radius-field)", overflow: "hidden" },
  "&.cm-focused": { outline: "2px solid var(--color-primary)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6", minHeight: "var(--editor-height, 22rem)", maxHeight: "70vh" },
  ".cm-gutters": { backgroundColor: "var(--color-base-200)", color: "var(--hint-text)", borderRight: "1px solid var(--color-base-300)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in oklab, var(--color-primary) 6%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--color-base-content)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": { backgroundColor: "color-mix(in oklab, var(--color-primary) 22%, transparent) !important" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--color-base-100)", color: "var(--color-base-content)", border: "1px solid var(--color-base-300)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--color-error)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--color-warning)" },
});

const ink = syntaxHighlighting(HighlightStyle.define([
  { tag: [tags.tagName, tags.heading, tags.keyword], color: "var(--color-primary)", fontWeight: "600" },
  { tag: [tags.attributeName, tags.link, tags.url], color: "var(--info-text)" },
  { tag: [tags.attributeValue, tags.string, tags.quote], color: "var(--success-text)" },
  { tag: [tags.comment, tags.angleBracket, tags.processingInstruction], color: "var(--hint-text)" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strong, fontWeight: "700" },
]));

function language(kind) {
  return kind === "markdown" ? markdown() : html({ selfClosingTags: true, matchClosingTags: true });
}

function diagnostics(state, textarea) {
  return JSON.parse(textarea.dataset.errors || "[]").map(({ line, message, severity = "error" }) => {
    const place = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
    return { from: place.from, to: place.to, severity, message };
  });
}

function showErrors(view, textarea) {
  view.dispatch(setDiagnostics(view.state, diagnostics(view.state, textarea)));
}

function labelOf(textarea) {
  return textarea.getAttribute("aria-label") ?? textarea.labels?.[0]?.textContent.trim() ?? textarea.name;
}

function mount(textarea) {
  const host = document.createElement("div");
  host.dataset.editorHost = "";
  textarea.after(host);
  const root = host.attachShadow({ mode: "open" });
  const keepInStep = EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    textarea.value = update.state.doc.toString();
    textarea.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        basicSetup, language(textarea.dataset.editor), look, ink, lintGutter(), keepInStep, EditorView.lineWrapping,
        EditorState.readOnly.of(textarea.readOnly),
        EditorView.contentAttributes.of({ "aria-label": labelOf(textarea), lang: textarea.lang || "", tabindex: "0" }),
      ],
    }),
  });
  textarea.hidden = true;
  textarea.labels?.forEach((label) => label.addEventListener("click", () => view.focus()));
  textarea.addEventListener("change", () => {
    if (textarea.value !== view.state.doc.toString()) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: textarea.value } });
    }
  });
  new MutationObserver(() => showErrors(view, textarea)).observe(textarea, { attributeFilter: ["data-errors"] });
  showErrors(view, textarea);
  mounted.set(textarea, view);
}

/** After each save the server lists errors in [data-errors-for="id of a textarea"], and the editor marks them. */
function takeErrors() {
  for (const source of document.querySelectorAll("[data-errors-for]")) {
    const textarea = document.getElementById(source.dataset.errorsFor);
    if (textarea && textarea.dataset.errors !== source.dataset.errors) textarea.dataset.errors = source.dataset.errors;
  }
}

document.addEventListener("htmx:oobAfterSwap", takeErrors);

export function mountAll(root = document) {
  for (const textarea of root.querySelectorAll("textarea[data-editor]")) {
    if (!mounted.has(textarea)) mount(textarea);
  }
}

/** Inserts text at the cursor, and `after` behind the selection, for menus (data-insert="{{ contact.first_name }}"). */
function insert(view, text, after = "") {
  const { from, to } = view.state.selection.main;
  const kept = after ? view.state.sliceDoc(from, to) : "";
  view.dispatch({ changes: { from, to, insert: text + kept + after }, selection: { anchor: from + text.length + kept.length }, scrollIntoView: true });
  view.focus();
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/** Returns an image in the syntax of the content kind. */
function pictureIn(kind, { picture, pictureAlt, pictureWidth }) {
  if (kind === "markdown") return `![${pictureAlt.replaceAll("]", "\\]")}](${picture})`;
  if (kind === "html") return `<img src="${escaped(picture)}" alt="${escaped(pictureAlt)}" width="${pictureWidth}" style="max-width:100%;height:auto">`;
  return `<mj-image src="${escaped(picture)}" alt="${escaped(pictureAlt)}" width="${pictureWidth}px" />`;
}

function goTo(view, line) {
  const place = view.state.doc.line(Math.min(line, view.state.doc.lines));
  view.dispatch({ selection: { anchor: place.from }, effects: EditorView.scrollIntoView(place.from, { y: "center" }) });
  view.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert], [data-goto-line]");
  if (!button) return;
  const textarea = button.dataset.editorId ? document.getElementById(button.dataset.editorId) : [...mounted.keys()].find((one) => one.isConnected);
  const view = mounted.get(textarea);
  if (!view) return;
  event.preventDefault();
  if (button.dataset.insert) insert(view, button.dataset.insert, button.dataset.insertAfter);
  else goTo(view, Number(button.dataset.gotoLine));
});

document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-picture]");
  const textarea = document.getElementById(chosen?.closest("dialog")?.opener?.dataset.pickerFor ?? "");
  const view = mounted.get(textarea);
  if (chosen && view) insert(view, pictureIn(textarea.dataset.editor, chosen.dataset));
});
