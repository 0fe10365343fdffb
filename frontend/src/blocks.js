import "grapesjs/dist/css/grapes.min.css";
import "./blocks.css";
import grapesjs from "grapesjs";
import { registerTypes, toComponent, toNode } from "./blocks/components.js";
import { Inspector } from "./blocks/inspector.js";
import { headAttributes, NoBlocks, parse, serialise } from "./blocks/mjml.js";
import { resolved } from "./blocks/look.js";
import { inRow, isRow, made } from "./blocks/palette.js";
import { SavedRows } from "./blocks/saved.js";
import { Structure } from "./blocks/structure.js";

/**
 * .blocks[data-blocks-for="ID of a textarea"]: the visual editor of the MJML in that textarea, which remains the form's field.
 * GrapesJS is the canvas (dragging, selecting, inline editing). Everything else is our own code, so that it is translated and
 * works with the keyboard. Undo works on the MJML itself: what is shown, saved and undone is one text.
 */

const MOST_STEPS = 200;
const PLACEHOLDER = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="600" height="240" viewBox="0 0 600 240"><rect width="600" height="240" fill="#e8e6e1"/><g fill="none" stroke="#8a857c" stroke-width="6"><rect x="240" y="70" width="120" height="100" rx="8"/><path d="M240 150l35-35 30 30 20-18 35 33"/><circle cx="325" cy="98" r="9"/></g></svg>')}`;
const CANVAS_CSS = `
  body { margin: 0; overflow-wrap: anywhere; font-family: Arial, sans-serif; }
  [data-gjs-type="mj-column"]:empty, [data-gjs-type="mj-section"] > div:empty { min-height: 48px; outline: 1px dashed #9a958c; outline-offset: -4px; }
  .mf-source { margin: 4px auto; max-width: 592px; padding: 4px 10px; border: 1px dashed #9a958c; border-radius: 4px; background: #f5f3ee; color: #55504a; font: 12px/1.5 ui-monospace, monospace; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  [data-shared]::before { content: attr(data-shared); display: block; max-width: 600px; margin: 0 auto; padding: 2px 10px; box-sizing: border-box; background: #5b5347; color: #fff; font: 12px/1.6 system-ui, sans-serif; text-align: left; }
  [data-condition]::before { content: attr(data-condition); display: block; flex-basis: 100%; max-width: 600px; margin: 0 auto; padding: 2px 10px; box-sizing: border-box; background: #0b5a63; color: #fff; font: 12px/1.6 system-ui, sans-serif; text-align: left; }
  [contenteditable="true"] { outline: 2px solid #0b5a63; outline-offset: 2px; cursor: text; }
  p { margin: 0 0 1em; } p:last-child { margin-bottom: 0; }
  @media (max-width: 480px) { [data-gjs-type="mj-section"] > div > [data-gjs-type="mj-column"] { flex-basis: 100% !important; max-width: 100% !important; } }
`;

function harmless(html) {
  const inTable = /^\s*<(tr|tbody|thead|td|th)\b/i.test(html);
  const page = new DOMParser().parseFromString(inTable ? `<table>${html}</table>` : html, "text/html");
  for (const bad of page.querySelectorAll("script, iframe, object, embed, form, input, link, meta, base")) bad.remove();
  for (const element of page.body.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith("on") || /^\s*(javascript|vbscript):/i.test(value)) element.removeAttribute(name);
    }
  }
  return inTable ? (page.querySelector("table")?.innerHTML ?? "") : page.body.innerHTML;
}

class Blocks {
  constructor(root, textarea) {
    this.root = root;
    this.textarea = textarea;
    const config = JSON.parse(root.dataset.config);
    this.words = config.words;
    this.sources = config.sources;
    this.document = { head: "", tail: "" };
    this.studio = {
      words: config.words, brand: config.brand, networks: config.networks, conditions: config.conditions, imprint: config.imprint,
      head: headAttributes(""), harmless,
      shown: (src) => (!src || src.includes("{{") ? PLACEHOLDER : src.startsWith(config.public) ? src.slice(config.public.length) : src),
      bodyWidth: () => resolved("mj-body", this.body?.get("mj") ?? {}, this.studio.head).width,
      change: (model, values) => this.change(model, values),
      announce: (text) => this.announce(text),
    };
    this.studio.saved = new SavedRows(this, config.saved);
    this.canvas = root.querySelector("[data-blocks-canvas]");
    this.say = root.querySelector("[data-blocks-say]");
    this.tools = document.querySelector("[data-blocks-tools]");
    this.inspector = new Inspector(this.tools.querySelector("[data-blocks-inspector]"), this.studio);
    this.structure = new Structure(this.tools.querySelector("[data-blocks-structure]"), this.studio, (model) => this.choose(model));
    this.editor = this.canvasEditor();
    registerTypes(this.editor, this.studio);
    this.editor.on("load", () => this.begin());
  }

  canvasEditor() {
    const editor = grapesjs.init({
      container: this.canvas, height: "100%", width: "auto", fromElement: false, storageManager: false, telemetry: false,
      cssIcons: "", noticeOnUnload: false, showOffsets: false, panels: { defaults: [] }, keymaps: { defaults: {} },
      blockManager: { custom: true }, layerManager: { custom: true }, selectorManager: { custom: true },
      styleManager: { custom: true }, traitManager: { custom: true }, canvasCss: CANVAS_CSS, protectedCss: "",
      deviceManager: { devices: [{ id: "desktop", name: "desktop", width: "" }, { id: "phone", name: "phone", width: "390px" }] },
    });
    editor.setCustomRte({
      parseContent: false,
      enable: (element, rte) => this.startWriting(element, rte),
      disable: (element) => this.stopWriting(element),
      getContent: (element) => element.innerHTML,
    });
    return editor;
  }

  begin() {
    for (const frame of this.canvas.querySelectorAll("iframe")) frame.setAttribute("title", this.words.canvas);
    for (const part of this.canvas.querySelectorAll(".gjs-cv-canvas__spots, #gjs-tools, .gjs-tools")) part.setAttribute("aria-hidden", "true");
    this.steps = [this.textarea.value];
    this.at = 0;
    this.show(this.textarea.value);
    this.editor.on("component:add component:remove component:update component:drag:end", () => this.touch());
    this.editor.on("component:input", (model) => this.typed(model));
    this.editor.on("component:selected component:deselected", () => this.chosen());
    this.frameDocument().addEventListener("keydown", (event) => this.key(event));
    this.frameDocument().addEventListener("paste", (event) => this.paste(event));
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.tools.addEventListener("keydown", (event) => this.key(event));
    this.tools.addEventListener("focusin", (event) => { if (event.target.matches("input, textarea")) this.lastField = event.target; });
    this.textarea.addEventListener("change", () => this.replace(this.textarea.value));
    this.buttons();
    this.root.dataset.ready = "";
  }

  frameDocument() { return this.editor.Canvas.getDocument(); }

  get body() { return this.editor.getWrapper()?.components().models.find((one) => one.get("type") === "mj-body"); }

  get selected() { return this.editor.getSelected(); }

  /** Draws a source. A source that isn't built from blocks is left to the source editor. */
  show(source) {
    let tree;
    try {
      tree = parse(source);
    } catch (error) {
      if (!(error instanceof NoBlocks)) throw error;
      this.root.dataset.broken = "";
      return;
    }
    delete this.root.dataset.broken;
    this.quiet = true;
    this.document = { head: tree.head, tail: tree.tail };
    this.studio.head = headAttributes(tree.head);
    const link = this.studio.brand.link;
    this.editor.setComponents([{ ...toComponent(tree.body), components: [...tree.body.children.map(toComponent), { type: "mf-imprint" }] }]);
    this.editor.getWrapper().set({ droppable: false, selectable: false, hoverable: false, highlightable: false });
    const style = this.frameDocument().getElementById("mf-link") ?? this.frameDocument().createElement("style");
    style.id = "mf-link";
    style.textContent = `[data-gjs-type="mj-text"] a { color: ${link}; }`;
    this.frameDocument().head.append(style);
    this.quiet = false;
    this.last = source;
    this.chosen();
  }

  source() { return serialise({ head: this.document.head, body: toNode(this.body), tail: this.document.tail }); }

  touch() {
    if (this.quiet || !this.steps) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), 150);
  }

  /** Passes the content to the form, which saves automatically, and to the undo history. */
  keep() {
    if (!this.body) return;
    this.keepImprintLast();
    const source = this.source();
    if (source === this.last) return;
    this.last = source;
    this.steps = [...this.steps.slice(0, this.at + 1), source].slice(-MOST_STEPS);
    this.at = this.steps.length - 1;
    this.hand(source);
    this.drawStructure();
  }

  hand(source) {
    this.textarea.value = source;
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
    this.mark();
  }

  keepImprintLast() {
    const inside = this.body.components();
    const imprint = inside.models.find((one) => one.get("type") === "mf-imprint");
    if (imprint && inside.indexOf(imprint) !== inside.length - 1) {
      this.quiet = true;
      imprint.move(this.body, { at: inside.length });
      this.quiet = false;
    }
  }

  /** Undo and redo: shows another text from the history. */
  go(by) {
    clearTimeout(this.timer);
    this.keep();
    const next = this.at + by;
    if (next < 0 || next >= this.steps.length) return;
    const path = this.pathOf(this.selected);
    this.at = next;
    this.show(this.steps[next]);
    this.choose(this.modelAt(path));
    this.hand(this.steps[next]);
  }

  replace(source) {
    if (source === this.last) return;
    this.steps = [source];
    this.at = 0;
    this.show(source);
    this.mark();
  }

  pathOf(model) {
    const path = [];
    for (let one = model; one && one !== this.body && one.parent(); one = one.parent()) path.unshift(one.index());
    return path;
  }

  modelAt(path) {
    let one = this.body;
    for (const at of path) {
      const next = one?.components().at(at);
      if (!next) break;
      one = next;
    }
    return one === this.body ? null : one;
  }

  change(model, values) {
    model.set(values);
    if ("content" in values) model.view?.updateContent?.();
    this.touch();
  }

  // -- selecting -----------------------------------------------------------------------------------------------------

  choose(model) {
    if (model) this.editor.select(model, { scroll: { behavior: "auto", block: "nearest" } });
    else this.editor.select(null);
  }

  chosen() {
    if (this.quiet) return;
    const model = this.selected;
    this.inspector.show(model);
    this.drawStructure();
    const movable = Boolean(model) && !["mj-body", "mf-imprint"].includes(model.get("type"));
    for (const button of this.tools.querySelectorAll("[data-blocks-act]")) {
      button.disabled = !movable || (button.dataset.blocksAct === "up" && model.index() === 0) || (button.dataset.blocksAct === "down" && this.isLast(model));
    }
    const title = this.tools.querySelector("[data-blocks-title]");
    title.textContent = model ? (this.words[model.get("type")] ?? model.getName()) : this.words.no_block;
  }

  isLast(model) {
    const siblings = model.parent().components().models.filter((one) => one.get("type") !== "mf-imprint");
    return siblings.indexOf(model) === siblings.length - 1;
  }

  drawStructure() {
    if (this.body) this.structure.draw(this.body, this.selected);
  }

  act(name) {
    const model = this.selected;
    if (!model || ["mj-body", "mf-imprint"].includes(model.get("type"))) return;
    const parent = model.parent();
    const at = model.index();
    if (name === "delete") {
      const next = parent.components().at(at + 1) ?? parent.components().at(at - 1) ?? parent;
      const word = this.inspectorWord(model);
      model.remove();
      this.choose(next.get("type") === "mf-imprint" ? null : next);
      this.announce(this.words.deleted.replace("…", word));
    } else if (name === "duplicate") {
      const node = toNode(model);
      const [copy] = parent.append(toComponent({ ...node, before: undefined }), { at: at + 1 });
      this.choose(copy);
      this.announce(this.words.copied.replace("…", this.inspectorWord(copy)));
    } else {
      const moved = name === "up" ? at - 1 : at + 2;
      model.move(parent, { at: moved });
      this.choose(model);
      this.chosen();
      this.announce(this.words.moved.replace("…", this.inspectorWord(model)));
    }
    this.touch();
  }

  inspectorWord(model) { return this.words[model.get("type")] ?? model.get("type"); }

  announce(text) { this.say.textContent = text; }

  // -- adding --------------------------------------------------------------------------------------------------------

  nodeOf(key) {
    const saved = this.studio.saved.nodeOf(key);
    if (saved) return saved;
    return made(this.sources[key], this.studio.head)[0];
  }

  /** Adds a block by click or key: after the selected one if it fits there, otherwise at the end. */
  add(key) {
    const node = this.nodeOf(key);
    let added;
    const chosen = this.selected;
    const column = chosen && (chosen.get("type") === "mj-column" ? chosen : chosen.closestType("mj-column"));
    if (!isRow(node) && column) {
      const at = chosen === column ? column.components().length : chosen.index() + 1;
      [added] = column.append(toComponent(node), { at });
    } else {
      const row = this.rowOf(chosen, node);
      const home = row?.parent() ?? this.body;
      const end = this.body.components().models.filter((one) => one.get("type") !== "mf-imprint").length;
      const at = row ? row.index() + 1 : end;
      const [inserted] = home.append(toComponent(inRow(node)), { at });
      added = isRow(node) ? inserted : inserted.components().at(0).components().at(0);
    }
    this.choose(added);
    this.announce(this.words.added.replace("…", this.words[`add_${key}`] ?? this.studio.saved.nameOf(key)));
    this.touch();
  }

  /** The row that a new one goes below: inside of a group of rows only rows that may be there. */
  rowOf(chosen, node) {
    if (!chosen || chosen.get("type") === "mf-imprint") return null;
    let row = chosen;
    while (row.parent() && row.parent() !== this.body && !(node.type === "mj-section" && row.parent().get("type") === "mj-wrapper")) row = row.parent();
    return row.parent() ? row : null;
  }

  draggable(button) {
    button.draggable = true;
    button.addEventListener("dragstart", (event) => this.startDrag(button.dataset.blocksAdd, event));
    button.addEventListener("dragend", () => this.endDrag());
  }

  startDrag(key, event) {
    event.dataTransfer.effectAllowed = "copy";
    event.dataTransfer.setData("text/plain", key);
    this.editor.Canvas.startDrag({ content: toComponent(this.nodeOf(key)) });
  }

  endDrag() {
    const dropped = this.editor.getModel().get("dragResult");
    this.editor.Canvas.endDrag();
    const first = Array.isArray(dropped) ? dropped[0] : dropped;
    if (first) this.choose(first);
    this.touch();
  }

  // -- inline editing ------------------------------------------------------------------------------------------------

  startWriting(element, rte) {
    element.contentEditable = "true";
    element.focus();
    this.writing = element;
    this.root.dataset.writing = "";
    return rte ?? { element };
  }

  stopWriting(element) {
    element.contentEditable = "false";
    this.writing = null;
    delete this.root.dataset.writing;
  }

  typed(model) {
    if (!this.writing) return;
    model.set("content", this.writing.innerHTML, { silent: true });
    this.inspector.follow();
    this.touch();
  }

  /** Takes only plain text from the clipboard, because other programs' formatting breaks emails. */
  paste(event) {
    if (!this.writing) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    this.frameDocument().execCommand("insertText", false, text);
  }

  format(name) {
    if (!this.writing) return;
    const page = this.frameDocument();
    this.writing.focus();
    if (name !== "link") {
      page.execCommand(name, false);
    } else {
      const around = page.getSelection().anchorNode?.parentElement?.closest("a");
      const field = this.root.querySelector("[data-blocks-link]");
      if (around) page.execCommand("unlink", false);
      else if (field.value.trim()) page.execCommand("createLink", false, field.value.trim());
    }
    this.typed(this.editor.getEditing());
  }

  insert(text) {
    if (this.writing) {
      this.writing.focus();
      this.frameDocument().execCommand("insertText", false, text);
    } else if (this.lastField?.isConnected) {
      this.lastField.setRangeText(text, this.lastField.selectionStart ?? 0, this.lastField.selectionEnd ?? 0, "end");
      this.lastField.dispatchEvent(new Event("input", { bubbles: true }));
      this.lastField.focus();
    } else {
      const model = this.selected;
      if (model && ["mj-text", "mj-button"].includes(model.get("type"))) this.change(model, { content: `${model.get("content")} ${text}` });
      this.inspector.show(model);
    }
  }

  // -- the page ------------------------------------------------------------------------------------------------------

  key(event) {
    const meta = event.ctrlKey || event.metaKey;
    const inField = event.target.matches?.("input, textarea, select, [contenteditable=true]");
    if (meta && !inField && event.key.toLowerCase() === "z") {
      event.preventDefault();
      this.go(event.shiftKey ? 1 : -1);
    } else if (meta && !inField && event.key.toLowerCase() === "y") {
      event.preventDefault();
      this.go(1);
    } else if (event.key === "Escape" && this.writing) {
      this.editor.getEditing()?.view?.disableEditing();
    } else if (!inField && !meta && event.key === "Delete" && this.selected) {
      event.preventDefault();
      this.act("delete");
    } else if (!inField && event.altKey && ["ArrowUp", "ArrowDown"].includes(event.key) && this.selected) {
      event.preventDefault();
      this.act(event.key === "ArrowUp" ? "up" : "down");
    }
  }

  mark() {
    this.root.querySelector("[data-blocks-undo]").disabled = this.at === 0;
    this.root.querySelector("[data-blocks-redo]").disabled = this.at >= this.steps.length - 1;
  }

  buttons() {
    const on = (selector, handler, where = this.root) => {
      for (const button of where.querySelectorAll(selector)) button.addEventListener("click", () => handler(button));
    };
    on("[data-blocks-undo]", () => this.go(-1));
    on("[data-blocks-redo]", () => this.go(1));
    on("[data-blocks-add]", (button) => this.add(button.dataset.blocksAdd));
    on("[data-blocks-act]", (button) => this.act(button.dataset.blocksAct), this.tools);
    on("[data-blocks-device]", (button) => {
      this.editor.setDevice(button.dataset.blocksDevice);
      for (const one of this.root.querySelectorAll("[data-blocks-device]")) one.setAttribute("aria-pressed", String(one === button));
    });
    for (const button of this.root.querySelectorAll("[data-blocks-add]")) this.draggable(button);
    for (const button of this.root.querySelectorAll("[data-blocks-format]")) {
      // The button must not take away the selection in the canvas.
      button.addEventListener("pointerdown", (event) => event.preventDefault());
      button.addEventListener("click", () => this.format(button.dataset.blocksFormat));
    }
    document.addEventListener("click", (event) => this.fromPage(event));
    // GrapesJS ends inline editing when you press outside the text; the text tools don't count as outside.
    this.root.parentElement.addEventListener("mousedown", (event) => {
      if (this.writing && event.target.closest(".blocks-writing, details.pop")) event.stopPropagation();
    });
    this.mark();
  }

  fromPage(event) {
    const picture = event.target.closest("[data-picture]");
    if (picture?.closest("dialog")?.opener?.dataset.pickerFor === "blocks-picture" && this.selected) {
      const { picture: src, pictureAlt: alt } = picture.dataset;
      this.change(this.selected, { mj: { ...this.selected.get("mj"), src, alt } });
      this.inspector.show(this.selected);
      return;
    }
    if (picture?.closest("dialog")?.opener?.dataset.pickerFor === "blocks-backdrop" && this.selected) {
      this.inspector.write("background-url", picture.dataset.picture);
      this.inspector.show(this.selected);
      return;
    }
    const insert = event.target.closest("[data-insert]");
    if (insert && insert.dataset.editorId === this.textarea.id) {
      event.preventDefault();
      this.insert(insert.dataset.insert + (insert.dataset.insertAfter ?? ""));
    }
  }
}

const mounted = new WeakSet();

export function mountAll(root = document) {
  for (const place of root.querySelectorAll("[data-blocks-for]")) {
    const textarea = document.getElementById(place.dataset.blocksFor);
    if (!textarea || mounted.has(place)) continue;
    mounted.add(place);
    const blocks = new Blocks(place, textarea);
    place.blocks = blocks;
  }
}

