/**
 * The texts of a campaign as ProseMirror documents: what can be written in place, and how it becomes markup again.
 *
 * Elements keep their attributes, so that a template's own styles survive. A text in which something would be lost
 * (unknown elements) is not opened; its markup can be edited in the inspector.
 */
import { DOMParser as TextParser, DOMSerializer, Schema } from "prosemirror-model";
import { readField, withChips } from "./fields.js";

/** The attributes that are drawn: nothing that would run in the page. */
function attributesOf(element) {
  const harmless = [...element.attributes].filter(({ name, value }) => !name.startsWith("on") && !/^\s*(javascript|vbscript|data):/i.test(value));
  return Object.fromEntries(harmless.map(({ name, value }) => [name, value]));
}

function block(tags, content, extra = {}) {
  return {
    group: "block", content, attrs: { tag: { default: tags[0] }, attributes: { default: {} } },
    parseDOM: tags.map((tag) => ({ tag, getAttrs: (element) => ({ tag, attributes: attributesOf(element) }) })),
    toDOM: ({ attrs }) => [attrs.tag, attrs.attributes, 0],
    ...extra,
  };
}

function mark(tags, extra = {}) {
  return {
    attrs: { tag: { default: tags[0] }, attributes: { default: {} } },
    parseDOM: tags.map((tag) => ({ tag, getAttrs: (element) => ({ tag, attributes: attributesOf(element) }) })),
    toDOM: ({ attrs }) => [attrs.tag, attrs.attributes, 0],
    ...extra,
  };
}

/** Words without an element of their own: a paragraph on the screen, the bare words in the markup. */
export const BARE = "mf-line";

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    line: { ...block([BARE], "inline*"), toDOM: () => [BARE, 0] },
    paragraph: block(["p", "div"], "inline*"),
    heading: block(["h1", "h2", "h3", "h4"], "inline*", { defining: true }),
    blockquote: block(["blockquote"], "block+"),
    rule: { ...block(["hr"], ""), content: "", toDOM: ({ attrs }) => ["hr", attrs.attributes] },
    list: block(["ul", "ol"], "item+"),
    item: { ...block(["li"], "(line | paragraph) block*", { defining: true }), group: "" },
    // A table block's content is its rows; a table in a text has its own element.
    rows: { content: "row+" },
    table: { ...block(["table"], "row+", { isolating: true }), toDOM: ({ attrs }) => ["table", attrs.attributes, ["tbody", 0]] },
    row: { ...block(["tr"], "cell+"), group: "" },
    cell: { ...block(["td", "th"], "block+", { isolating: true }), group: "" },
    break: { group: "inline", inline: true, selectable: false, parseDOM: [{ tag: "br" }], toDOM: () => ["br"] },
    image: { group: "inline", inline: true, attrs: { attributes: {} }, parseDOM: [{ tag: "img", getAttrs: (element) => ({ attributes: attributesOf(element) }) }], toDOM: ({ attrs }) => ["img", attrs.attributes] },
    field: {
      group: "inline", inline: true, atom: true, attrs: { source: {}, label: { default: "" } },
      parseDOM: [{ tag: "span[data-field]", priority: 60, getAttrs: (element) => ({ source: element.getAttribute("data-field"), label: element.textContent }) }],
      toDOM: ({ attrs }) => ["span", { "data-field": attrs.source, ...(readField(attrs.source)?.lead ? { "data-lead": "" } : {}) }, attrs.label],
    },
    text: { group: "inline" },
  },
  marks: {
    link: mark(["a"], { inclusive: false }),
    strong: mark(["strong", "b"]),
    em: mark(["em", "i"]),
    underline: mark(["u"]),
    strike: mark(["s", "del"]),
    // Several spans may lie around the same words, so a span does not exclude another.
    span: mark(["span", "small", "sup", "sub", "code", "font"], { excludes: "" }),
  },
});

const LINES = new Set(["LINE", BARE.toUpperCase()]);

function isRows(html) { return /^\s*<tr\b/i.test(html); }

/** The element that holds a markup: rows are only read inside of a table. */
function holding(html, page) {
  const root = page.createElement(isRows(html) ? "table" : "div");
  root.innerHTML = html;
  return root;
}

/** The same, with bare words wrapped into lines. */
function wrapped(html, page) {
  const root = holding(html, page);
  const isBlock = (node) => /^(p|div|h[1-4]|blockquote|hr|ul|ol|table)$/i.test(node.nodeName);
  const wrap = (parent) => {
    let line = null;
    for (const node of [...parent.childNodes]) {
      if (isBlock(node)) line = null;
      else if (line) line.append(node);
      else if (node.nodeType !== 3 || node.data.trim()) {
        line = page.createElement(BARE);
        node.before(line);
        line.append(node);
      }
    }
  };
  if (root.nodeName.toLowerCase() === "div") wrap(root);
  for (const item of root.querySelectorAll("li, td, th")) wrap(item);
  return root;
}

/** The document of a markup. `label` says what a chip says; `page` is the DOM document to read it with. */
export function readText(html, { label, page }) {
  const topNode = (isRows(html) ? schema.nodes.rows : schema.nodes.doc).create();
  return TextParser.fromSchema(schema).parse(wrapped(withChips(html, label), page), { topNode });
}

/** The markup of a document. Two lines in a row become paragraphs, because bare words would run together. */
export function writeText(doc, page) {
  const serializer = DOMSerializer.fromSchema(schema);
  const root = page.createElement("div");
  root.append(serializer.serializeFragment(doc.content, { document: page }));
  for (const line of root.querySelectorAll(BARE)) {
    const neighbours = [line.previousElementSibling, line.nextElementSibling];
    if (neighbours.some((one) => one && (LINES.has(one.nodeName.toUpperCase()) || one.dataset?.was === "line"))) {
      const paragraph = page.createElement("p");
      paragraph.setAttribute("data-was", "line");
      paragraph.append(...line.childNodes);
      line.replaceWith(paragraph);
    } else line.replaceWith(...line.childNodes);
  }
  for (const one of root.querySelectorAll("[data-was]")) one.removeAttribute("data-was");
  const sources = [];
  for (const chip of root.querySelectorAll("span[data-field]")) {
    chip.replaceWith(`\u0001${sources.length}\u0001`);
    sources.push(chip.getAttribute("data-field"));
  }
  // One function, because a string to replace with would give "$" a meaning.
  return root.innerHTML.replace(/\u0001(\d+)\u0001/g, (_all, number) => sources[Number(number)]);
}

/** What a markup consists of: its words and its elements with their attributes, apart from white space and order. */
function substance(html, page) {
  const root = holding(withChips(html, (piece) => piece), page);
  const elements = [...root.querySelectorAll("*")].filter((one) => !one.hasAttribute("data-field"));
  const said = elements.map((one) => [one.nodeName.toLowerCase(), ...[...one.attributes].map(({ name, value }) => `${name}=${value}`).sort()].join(" "));
  return JSON.stringify([root.textContent.replace(/\s+/g, ""), [...new Set(said)].sort()]);
}

/** Whether a text can be written in place without losing anything. */
export function isWritable(html, page) {
  const doc = readText(html, { label: (piece) => piece, page });
  return substance(writeText(doc, page), page) === substance(html, page);
}

/** A chip as a node. */
export function fieldNode(source, label) {
  return schema.nodes.field.create({ source, label });
}
