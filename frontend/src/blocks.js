import "grapesjs/dist/css/grapes.min.css";
import "./blocks.css";
import grapesjs from "grapesjs";
import { addAnywhere, addInside } from "./blocks/adding.js";
import { followQuestions } from "./blocks/answers.js";
import { CANVAS_CSS, harmless, PLACEHOLDER } from "./blocks/canvas.js";
import { registerTypes, toComponent, toNode } from "./blocks/components.js";
import { plainText } from "./blocks/fields.js";
import { insertFound } from "./blocks/found.js";
import { Inspector } from "./blocks/inspector.js";
import { Lock } from "./blocks/lock.js";
import { headAttributes, NoBlocks, parse, serialise } from "./blocks/mjml.js";
import { resolved } from "./blocks/look.js";
import { made } from "./blocks/palette.js";
import { SavedRows } from "./blocks/saved.js";
import { Structure } from "./blocks/structure.js";
import { Writing } from "./blocks/writing.js";

/**
 * .blocks[data-blocks-for="ID of a textarea"]: the visual editor of the MJML in that textarea, which remains the form's field.
 * GrapesJS is the canvas (dragging, selecting, inline editing). Everything else is our own code, so that it is translated and
 * works with the keyboard. Undo works on the MJML itself: what is shown, saved and undone is one text.
 */

const MOST_STEPS = 200;
const FIELDS = "input, textarea, select, [contenteditable=true]";
class Blocks {
  constructor(root, textarea) {
    this.root = root;
    this.textarea = textarea;
    const config = JSON.parse(root.dataset.config);
    this.words = config.words;
    this.sources = config.sources;
    this.document = { head: "", tail: "" };
    this.studio = {
      words: config.words, brand: config.brand, networks: config.networks, conditions: config.conditions, imprint: config.imprint, zone: config.zone,
      head: headAttributes(""),
      drawn: (html) => harmless(this.writing.chips(html)),
      said: (html) => plainText(html, (source) => this.writing.label(source)),
      conditionWord: (condition) => config.conditions.find(([value]) => value === condition)?.[1] ?? this.words.only_if.replace("…", condition),
      shown: (src) => (!src || src.includes("{{") ? PLACEHOLDER : src.startsWith(config.public) ? src.slice(config.public.length) : src),
      bodyWidth: () => resolved("mj-body", this.body?.get("mj") ?? {}, this.studio.head).width,
      change: (model, values) => this.change(model, values),
      announce: (text) => this.announce(text),
    };
    this.lock = new Lock(config.lock);
    this.studio.lock = this.lock;
    this.studio.saved = new SavedRows(this, config.saved);
    this.canvas = root.querySelector("[data-blocks-canvas]");
    this.say = root.querySelector("[data-blocks-say]");
    this.tools = document.querySelector("[data-blocks-tools]");
    this.inspector = new Inspector(this.tools.querySelector("[data-blocks-inspector]"), this.studio);
    this.structure = new Structure(root.querySelector("[data-blocks-structure]"), this.studio, (model) => this.choose(model));
    this.writing = new Writing(this, root, { fields: config.fields, words: this.words, colours: config.brand.colours });
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
    editor.setCustomRte(this.writing.customEditor);
    return editor;
  }

  begin() {
    for (const frame of this.canvas.querySelectorAll("iframe")) frame.setAttribute("title", this.words.canvas);
    for (const part of this.canvas.querySelectorAll(".gjs-cv-canvas__spots, #gjs-tools, .gjs-tools")) part.setAttribute("aria-hidden", "true");
    this.steps = [this.textarea.value];
    this.at = 0;
    this.show(this.textarea.value);
    this.editor.on("component:add component:remove component:update component:drag:end", () => this.touch());
    this.editor.on("component:selected component:deselected", () => this.chosen());
    this.frameDocument().addEventListener("keydown", (event) => this.key(event));
    this.frameDocument().addEventListener("click", (event) => this.writing.click(event), true);
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.tools.addEventListener("keydown", (event) => this.key(event));
    /* Whatever was pressed last, the palette included, keeps the focus: a step is undone from everywhere but a field. */
    document.addEventListener("keydown", (event) => { if (!event.defaultPrevented && this.root.offsetParent) this.undoing(event); });
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
    this.lock.apply(this.body);
    this.editor.getWrapper().set({ droppable: false, selectable: false, hoverable: false, highlightable: false });
    const style = this.frameDocument().getElementById("mf-link") ?? this.frameDocument().createElement("style");
    style.id = "mf-link";
    style.textContent = `[data-gjs-type="mj-text"] a { color: ${link}; }`;
    this.frameDocument().head.append(style);
    /* Below a short message the page has its color, as it has for the reader. */
    this.frameDocument().documentElement.style.backgroundColor = this.body.get("mj")?.["background-color"] ?? "";
    this.quiet = false;
    this.last = source;
    this.chosen();
  }

  source() { followQuestions(this.body); return serialise({ head: this.document.head, body: toNode(this.body), tail: this.document.tail }); }

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
  async go(by) {
    await this.writing.end();
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
    const movable = Boolean(model) && !["mj-body", "mf-imprint"].includes(model.get("type")) && this.lock.state(model) === "free";
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
    if (this.lock.state(model) !== "free") {
      this.announce(this.words.locked);
      return;
    }
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
    const added = this.lock.isOn ? addInside(this, node) : addAnywhere(this, node);
    if (!added) return;
    this.choose(added);
    this.announce(this.words.added.replace("…", this.words[`add_${key}`] ?? this.studio.saved.nameOf(key)));
    this.touch();
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

  // -- personal fields outside of a text -----------------------------------------------------------------------------

  insert(text) {
    if (this.lastField?.isConnected) {
      this.lastField.setRangeText(text, this.lastField.selectionStart ?? 0, this.lastField.selectionEnd ?? 0, "end");
      this.lastField.dispatchEvent(new Event("input", { bubbles: true }));
      this.lastField.focus();
    } else {
      const model = this.selected;
      if (model && this.lock.state(model) !== "locked" && ["mj-text", "mj-button"].includes(model.get("type"))) this.change(model, { content: `${model.get("content")} ${text}` });
      this.inspector.show(model);
    }
  }

  // -- the page ------------------------------------------------------------------------------------------------------

  /** Undoes or repeats a step with Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y; returns whether it was one of these. */
  undoing(event) {
    const letter = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
    if (!["z", "y"].includes(letter) || event.target.matches?.(FIELDS)) return false;
    event.preventDefault();
    this.go(letter === "y" || event.shiftKey ? 1 : -1);
    return true;
  }

  key(event) {
    if (this.undoing(event)) return;
    const meta = event.ctrlKey || event.metaKey;
    const inField = event.target.matches?.(FIELDS);
    if (event.key === "Escape" && this.writing.text) {
      this.writing.end();
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
    document.addEventListener("click", (event) => this.fromPage(event));
    this.mark();
  }

  /** Selects the first block that says a text, where a check found sample text of ours. */
  showText(text) {
    const say = (model) => new DOMParser().parseFromString((model.get("content") ?? "").replaceAll(/<br\b[^>]*>/gi, " "), "text/html").body.textContent.replaceAll(/\s+/g, " ");
    const search = (model) => (say(model).includes(text) ? model : model.components().models.map(search).find(Boolean));
    this.choose(this.body && search(this.body));
  }

  fromPage(event) {
    const asked = event.target.closest("[data-blocks-find]");
    if (asked) return this.showText(asked.dataset.blocksFind);
    const found = event.target.closest("[data-blocks-insert]");
    if (found) return insertFound(this, found);
    const picture = event.target.closest("[data-picture]");
    if (picture?.closest("dialog")?.opener?.dataset.pickerFor === "blocks-picture" && this.selected) {
      const { picture: src, pictureAlt: alt } = picture.dataset;
      this.change(this.selected, { mj: { ...this.selected.get("mj"), src, alt } });
    } else if (picture?.closest("dialog")?.opener?.dataset.pickerFor === "blocks-backdrop" && this.selected) {
      this.inspector.write("background-url", picture.dataset.picture);
    } else return undefined;
    return this.inspector.show(this.selected);
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

