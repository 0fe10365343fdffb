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

const BLOCK = /^(p|div|center|h[1-6]|blockquote|hr|ul|ol|table)$/i;

function holdsBlocks(element) {
  return [...element.children].some((child) => BLOCK.test(child.nodeName) || holdsBlocks(child));
}

let marksRead = 0;

/** `nth` tells elements apart that say the same, because ProseMirror would make one of two neighbors. */
function mark(tags, extra = {}, { priority, isMeant = () => true } = {}) {
  const read = (tag) => (element) => {
    if (!isMeant(element)) return false;
    marksRead += 1;
    return { tag, attributes: attributesOf(element), nth: element.attributes.length ? marksRead : 0 };
  };
  return {
    attrs: { tag: { default: tags[0] }, attributes: { default: {} }, nth: { default: 0 } },
    parseDOM: tags.map((tag) => ({ tag, priority, getAttrs: read(tag) })),
    toDOM: ({ attrs }) => [attrs.tag, attrs.attributes, 0],
    ...extra,
  };
}

const SPANS = ["span", "small", "sup", "sub", "code", "font", "big", "ins", "mark", "q", "abbr", "cite", "kbd"];

/** An element around blocks, which would be a paragraph around words. */
function boxed(tags) {
  const spec = block(tags, "block+");
  const parseDOM = spec.parseDOM.map((rule) => ({ ...rule, priority: 60, getAttrs: (element) => holdsBlocks(element) && rule.getAttrs(element) }));
  return { ...spec, parseDOM };
}

/** Words without an element of their own: a paragraph on the screen, the bare words in the markup. */
export const BARE = "mf-line";

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    line: { ...block([BARE], "inline*"), toDOM: () => [BARE, 0] },
    paragraph: block(["p", "div", "center"], "inline*"),
    heading: block(["h1", "h2", "h3", "h4", "h5", "h6"], "inline*", { defining: true }),
    box: boxed(["div", "center"]),
    blockquote: block(["blockquote"], "block+"),
    rule: { ...block(["hr"], ""), content: "", toDOM: ({ attrs }) => ["hr", attrs.attributes] },
    list: block(["ul", "ol"], "item+"),
    item: { ...block(["li"], "(line | paragraph) block*", { defining: true }), group: "" },
    // A table block's content is its rows; a table in a text has its own element.
    rows: { content: "row+" },
    table: { ...block(["table"], "row+", { isolating: true }), toDOM: ({ attrs }) => ["table", attrs.attributes, ["tbody", 0]] },
    row: { ...block(["tr"], "cell+"), group: "" },
    cell: { ...block(["td", "th"], "block+", { isolating: true }), group: "" },
    break: { ...block(["br", "wbr"], ""), group: "inline", content: "", inline: true, selectable: false, toDOM: ({ attrs }) => [attrs.tag, attrs.attributes] },
    image: { group: "inline", inline: true, attrs: { attributes: {} }, parseDOM: [{ tag: "img", getAttrs: (element) => ({ attributes: attributesOf(element) }) }], toDOM: ({ attrs }) => ["img", attrs.attributes] },
    field: {
      group: "inline", inline: true, atom: true, attrs: { source: {}, label: { default: "" } },
      parseDOM: [{ tag: "span[data-field]", priority: 60, getAttrs: (element) => ({ source: element.getAttribute("data-field"), label: element.textContent }) }],
      toDOM: ({ attrs }) => ["span", { "data-field": attrs.source, ...(readField(attrs.source)?.lead ? { "data-lead": "" } : {}) }, attrs.label],
    },
    text: { group: "inline" },
  },
  marks: {
    // A style around a link must stay around it: inside, it would set the link's color.
    around: mark([...SPANS, "strong", "b", "em", "i", "u", "s", "del"], { excludes: "" }, { priority: 55, isMeant: (element) => element.attributes.length > 0 && !element.hasAttribute("data-field") && element.querySelector("a") }),
    link: mark(["a"], { inclusive: false }),
    strong: mark(["strong", "b"]),
    em: mark(["em", "i"]),
    underline: mark(["u"]),
    strike: mark(["s", "del", "strike"]),
    // Several spans may lie around the same words, so a span does not exclude another.
    span: mark(SPANS, { excludes: "" }),
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
  const isBlock = (node) => BLOCK.test(node.nodeName) || (node.nodeType === 1 && holdsBlocks(node));
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
  for (const box of root.querySelectorAll("div, center, blockquote")) if (box.nodeName === "BLOCKQUOTE" || holdsBlocks(box)) wrap(box);
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

const INLINE = new Set(Object.values(schema.marks).flatMap(({ spec }) => spec.parseDOM.map(({ tag }) => tag)));

function saidBy(element) {
  return [element.nodeName.toLowerCase(), ...[...element.attributes].map(({ name, value }) => `${name}=${value}`).sort()].join(" ");
}

/**
 * What a markup consists of, in its order: words with the elements around them, blocks, pictures and comments. White
 * space is left out, except for non-breaking spaces. The order of plain marks such as bold in italic means nothing.
 */
function substance(html, page) {
  const found = [];
  const say = (around, words) => {
    const marks = [...around.filter((one) => one.includes(" ")), ...[...new Set(around.filter((one) => !one.includes(" ")))].sort()].join(">");
    if (found.at(-1)?.[0] === marks) found.at(-1)[1] += words;
    else found.push([marks, words]);
  };
  const walk = (node, around) => {
    for (const child of node.childNodes) {
      const name = child.nodeName.toLowerCase();
      if (child.nodeType === 3 && /[^ \t\r\n\f]/.test(child.data)) say(around, child.data.replace(/[ \t\r\n\f]+/g, ""));
      else if (child.nodeType === 8) found.push(["", "", `<!--${child.data}`]);
      else if (child.nodeType !== 1 || name === "tbody") walk(child, around);
      else if (child.hasAttribute("data-field")) say(around, child.getAttribute("data-field"));
      else if (!INLINE.has(name)) {
        found.push([null, saidBy(child)]);
        walk(child, around);
        if (child.childNodes.length) found.push([null, `/${name}`]);
      } else if (child.childNodes.length) walk(child, [...around, saidBy(child)]);
      else if (child.attributes.length) found.push([null, saidBy(child)]);
    }
  };
  walk(holding(withChips(html, (piece) => piece), page), []);
  return JSON.stringify(found);
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
