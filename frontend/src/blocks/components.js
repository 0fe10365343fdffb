/** The canvas's component types: one for each MJML element that is drawn, one for everything else, one for the imprint. */
import { CONTAINERS, LEAVES } from "./mjml.js";
import { dress, PAINT, resolved } from "./look.js";

const INTO = {
  "mj-include": "mj-body",
  "mj-section": "mj-body, mj-wrapper",
  "mj-wrapper": "mj-body",
  "mj-group": "mj-section",
  "mj-column": "mj-section, mj-group",
};

/** HTML of the author's own, which is drawn like everything else. */
const RAW = /^<mj-raw\b[^>]*>([\s\S]*)<\/mj-raw>$/i;

function selector(types) {
  return types.split(", ").map((type) => `[data-gjs-type="${type}"]`).join(", ");
}

/** Width of the columns without their own width: they share what the others leave. */
function shareOf(model) {
  const siblings = model.parent()?.components().models.filter((one) => ["mj-column", "mj-group"].includes(one.get("type"))) ?? [];
  return `${100 / Math.max(siblings.length, 1)}%`;
}

/** A GrapesJS definition from a node, and back. */
export function toComponent(node) {
  const { type, mj, content, condition = "", around, before, origin, children, changes } = node;
  return { type, mj, content: content ?? "", condition, around, before, origin, changes, ...(children ? { components: children.map(toComponent) } : {}) };
}

export function toNode(model) {
  const node = { type: model.get("type"), mj: model.get("mj") ?? {}, condition: model.get("condition"), around: model.get("around"), before: model.get("before"), origin: model.get("origin") };
  if (LEAVES.has(node.type) || node.type === "mj-source") node.content = model.get("content");
  if (CONTAINERS.has(node.type)) node.children = model.components().models.filter((one) => one.get("type") !== "mf-imprint").map(toNode);
  return node;
}

/** A definition of something that is only shown: what it belongs to is selected and moved as a whole. */
function locked(definition) {
  const fixed = { selectable: false, hoverable: false, draggable: false, droppable: false, editable: false, removable: false, copyable: false };
  return { ...definition, ...fixed, ...(definition.components ? { components: definition.components.map(locked) } : {}) };
}

/** The inner part of an element, which gets its children or text and the inner styles. */
const PART = { "mj-section": "div", "mj-text": "div", "mj-button": "span", "mj-table": "table", "mj-image": "img", "mj-divider": "div" };

function view(type, studio) {
  return {
    init() {
      this.listenTo(this.model, "change:mj change:condition", this.repaint);
      this.listenTo(this.model.components(), "add remove reset", this.repaintChildren);
    },
    // The styles come from MJML's attributes; GrapesJS's own styles play no part.
    updateStyle() { this.repaint(); },
    getChildrenContainer() {
      if (!PART[type]) return this.el;
      if (!this.part) {
        this.part = this.el.ownerDocument.createElement(PART[type]);
        this.el.append(this.part);
      }
      return this.part;
    },
    updateContent() {
      if (LEAVES.has(type)) this.getChildrenContainer().innerHTML = studio.drawn(this.model.get("content"));
    },
    onRender() { this.repaint(); },
    repaintChildren() {
      setTimeout(() => this.model.components().models.forEach((one) => one.view?.repaint?.()));
    },
    repaint() {
      const attributes = resolved(type, this.model.get("mj") ?? {}, studio.head);
      const { el, part } = PAINT[type](attributes, { bodyWidth: studio.bodyWidth(), share: shareOf(this.model) });
      dress(this.el, el);
      if (PART[type]) dress(this.getChildrenContainer(), part ?? {});
      if (type === "mj-image") {
        this.part.src = studio.shown(attributes.src ?? "");
        this.part.alt = attributes.alt ?? "";
      }
      const condition = this.model.get("condition");
      if (condition) this.el.dataset.condition = studio.conditionWord(condition);
      else delete this.el.dataset.condition;
      this.el.toggleAttribute("data-slot", Boolean(this.model.get("mj")?.["mf-slot"]));
    },
  };
}

export function registerTypes(editor, studio) {
  const { words } = studio;
  const types = editor.DomComponents;
  const add = (type, defaults, extend) => types.addType(type, {
    ...(extend ? { extend } : {}),
    isComponent: () => false,
    model: { defaults: { tagName: "div", name: words[type] ?? type, mj: {}, condition: "", stylable: false, resizable: false, ...defaults } },
    view: view(type, studio),
  });
  add("mj-body", { draggable: false, removable: false, copyable: false, droppable: selector("mj-section, mj-wrapper, mj-include, mj-source") });
  add("mj-wrapper", { draggable: selector(INTO["mj-wrapper"]), droppable: selector("mj-section") });
  add("mj-section", { draggable: selector(INTO["mj-section"]), droppable: selector("mj-column, mj-group, mj-source") });
  add("mj-group", { draggable: selector(INTO["mj-group"]), droppable: selector("mj-column") });
  add("mj-column", { draggable: selector(INTO["mj-column"]), droppable: selector("mj-text, mj-image, mj-button, mj-divider, mj-spacer, mj-table, mj-source") });
  const inColumn = { draggable: selector("mj-column"), droppable: false };
  add("mj-text", { ...inColumn, editable: true }, "text");
  add("mj-button", { ...inColumn, editable: true }, "text");
  add("mj-table", { ...inColumn, editable: true }, "text");
  add("mj-image", inColumn);
  add("mj-divider", inColumn);
  add("mj-spacer", inColumn);
  types.addType("mj-source", {
    isComponent: () => false,
    model: { defaults: { tagName: "div", name: words["mj-source"], mj: {}, condition: "", droppable: false, editable: false, stylable: false, draggable: selector("mj-body, mj-section, mj-column, mj-wrapper") } },
    view: {
      init() { this.listenTo(this.model, "change:content", this.render); },
      onRender() {
        const content = this.model.get("content");
        const [, raw] = RAW.exec(content) ?? [];
        if (raw === undefined || raw.includes("{%")) {
          this.el.className = `${this.el.className} mf-source`;
          this.el.textContent = content.replace(/\s+/g, " ").slice(0, 80);
          return;
        }
        const inTable = /^\s*<tr\b/i.test(raw);
        this.el.innerHTML = inTable ? `<table style="width:100%;border-collapse:collapse">${studio.drawn(raw)}</table>` : studio.drawn(raw);
      },
    },
  });
  types.addType("mj-include", {
    isComponent: () => false,
    model: {
      defaults: { tagName: "div", name: words["mj-include"], mj: {}, condition: "", draggable: selector(INTO["mj-include"]), droppable: false, editable: false, stylable: false },
      init() { this.components(studio.saved.drawn(this.get("mj").path).map((node) => locked(toComponent(node)))); },
    },
    view: {
      onRender() { this.el.dataset.shared = studio.saved.label(this.model.get("mj").path); },
    },
  });
  types.addType("mf-imprint", {
    isComponent: () => false,
    model: { defaults: { tagName: "div", name: words["mf-imprint"], mj: {}, draggable: false, droppable: false, removable: false, copyable: false, editable: false, stylable: false, toolbar: [] } },
    view: { onRender() { this.el.innerHTML = studio.imprint; } },
  });
}
