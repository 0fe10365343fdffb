/**
 * MJML as a tree that can be changed and written back. Unchanged parts are written exactly as they were read, byte for
 * byte, so that switching between source and blocks loses nothing.
 *
 * A node: { type, mj, content, condition, children, before, origin }
 *   type       the element's name, or "mj-source" for what blocks can't show: comments, Liquid, other elements
 *   mj         its attributes as an object
 *   content    the markup inside of a text, button or table; the whole source of an mj-source
 *   condition  the Liquid condition around it: {% if CONDITION %}...{% endif %}
 *   before     the white space in front of it; undefined for a new one
 *   origin     what it looked like when it was read
 */

export const CONTAINERS = new Set(["mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column"]);
export const LEAVES = new Set(["mj-text", "mj-button", "mj-table"]);
export const EMPTY = new Set(["mj-image", "mj-divider", "mj-spacer", "mj-include"]);

const TAG = /<!--[\s\S]*?-->|<(\/)?(mj[a-z-]*)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi;
const ATTRIBUTE = /([^\s=/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g;
const IF = /^\{%-?\s*if\s+([\s\S]*?)\s*-?%\}$/;
const ENDIF = /^\{%-?\s*endif\s*-?%\}$/;

/** Raised for a source that can't be shown as blocks. The message is for developers; the page has its own text. */
export class NoBlocks extends Error {}

function unescapeAttribute(value) {
  return value.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function escapeAttribute(value) {
  return value.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function attributesOf(text) {
  const found = {};
  for (const [, name, double, single] of text.replace(/\/\s*$/, "").matchAll(ATTRIBUTE)) found[name] = unescapeAttribute(double ?? single ?? "");
  return found;
}

/** The end of the element whose opening tag ends at `from`: [start of the closing tag, its end]. */
function closing(source, name, from) {
  const tags = new RegExp(`<!--[\\s\\S]*?-->|<(/)?${name}\\b((?:[^>"']|"[^"]*"|'[^']*')*)>`, "gi");
  tags.lastIndex = from;
  let depth = 1;
  for (let tag = tags.exec(source); tag; tag = tags.exec(source)) {
    if (tag[0].startsWith("<!--")) continue;
    if (tag[1]) depth -= 1;
    else if (!tag[2].trimEnd().endsWith("/")) depth += 1;
    if (depth === 0) return [tag.index, tags.lastIndex];
  }
  throw new NoBlocks(`<${name}> is never closed`);
}

/** { head, body, tail }: the source before and after the body, unchanged, and the body's node. */
export function parse(source) {
  const open = /<mj-body\b((?:[^>"']|"[^"]*"|'[^']*')*)>/i.exec(source.replace(/<!--[\s\S]*?-->/g, (comment) => " ".repeat(comment.length)));
  if (!open || !/<mjml\b/i.test(source.slice(0, open.index))) throw new NoBlocks("there is no <mj-body>");
  const empty = open[1].trimEnd().endsWith("/");
  const inside = open.index + open[0].length;
  const [stop, end] = empty ? [inside, inside] : closing(source, "mj-body", inside);
  const { nodes, tail } = children(source.slice(inside, stop));
  const mj = attributesOf(open[1]);
  const body = {
    type: "mj-body", mj, before: "", children: nodes,
    origin: { open: source.slice(open.index, inside), close: empty ? "" : source.slice(stop, end), mj: JSON.stringify(mj), tail, empty, had: nodes.length > 0 },
  };
  return { head: source.slice(0, open.index), body, tail: source.slice(end) };
}

/** The nodes of a piece of a body, such as one row. Throws NoBlocks. */
export function fragment(source) {
  return children(source).nodes;
}

function children(source) {
  const found = [];
  let at = 0;
  const text = (piece) => {
    // Conditions, comments and words are separate nodes; white space belongs to the node that follows.
    for (const [part, before, thing] of piece.matchAll(/(\s*)(\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}|<!--[\s\S]*?-->|[^\s{<]+|[{<])?/g)) {
      if (!part) continue;
      if (thing === undefined) return before;
      found.push({ type: "mj-source", content: thing, before, mj: {} });
    }
    return "";
  };
  const tags = new RegExp(TAG);
  let space = "";
  for (let tag = tags.exec(source); tag; tag = tags.exec(source)) {
    if (tag[0].startsWith("<!--")) continue;
    if (tag[1]) throw new NoBlocks(`</${tag[2]}> closes nothing`);
    space = text(source.slice(at, tag.index));
    const { node, end } = element(source, tag);
    found.push({ ...node, before: space });
    at = end;
    tags.lastIndex = end;
  }
  const tail = text(source.slice(at));
  return { nodes: withConditions(found), tail };
}

function element(source, tag) {
  const name = tag[2].toLowerCase();
  const inside = tag.index + tag[0].length;
  const empty = tag[3].trimEnd().endsWith("/");
  const [stop, end] = empty ? [inside, inside] : closing(source, name, inside);
  const whole = source.slice(tag.index, end);
  if (!CONTAINERS.has(name) && !LEAVES.has(name) && !EMPTY.has(name)) return { node: { type: "mj-source", content: whole, mj: {} }, end };
  const mj = attributesOf(tag[3]);
  const inner = source.slice(inside, stop);
  const origin = { open: tag[0], close: source.slice(stop, end), mj: JSON.stringify(mj), empty };
  if (LEAVES.has(name)) {
    // White space around the markup is the author's formatting, not text.
    const [, lead, content, trail] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inner);
    return { node: { type: name, mj, content, origin: { ...origin, lead, trail } }, end };
  }
  if (EMPTY.has(name)) return { node: { type: name, mj, origin: { ...origin, inner } }, end };
  const { nodes, tail } = children(inner);
  return { node: { type: name, mj, children: nodes, origin: { ...origin, tail, had: nodes.length > 0 } }, end };
}

/** {% if %} right before one element and {% endif %} right after it become the condition of that element. */
function withConditions(nodes) {
  const found = [];
  for (let at = 0; at < nodes.length; at += 1) {
    const [first, middle, last] = [nodes[at], nodes[at + 1], nodes[at + 2]];
    const condition = first.type === "mj-source" ? IF.exec(first.content)?.[1] : undefined;
    const closes = last?.type === "mj-source" && ENDIF.test(last.content);
    if (condition !== undefined && closes && middle.type !== "mj-source") {
      found.push({ ...middle, before: first.before, condition, around: { condition, open: first.content, inner: middle.before, close: last.before + last.content } });
      at += 2;
    } else found.push(first);
  }
  return found;
}

function openTag(node, closed) {
  const written = Object.entries(node.mj).filter(([, value]) => value !== "" && value !== undefined);
  // An empty alt text marks an image as decorative, so it is written.
  if (node.type === "mj-image" && node.mj.alt === "") written.push(["alt", ""]);
  const attributes = written.map(([name, value]) => ` ${name}="${escapeAttribute(String(value))}"`).join("");
  return `<${node.type}${attributes}${closed ? " /" : ""}>`;
}

function indent(depth) {
  return `\n${"  ".repeat(depth)}`;
}

function inner(node, depth, origin) {
  if (node.type === "mj-source") return node.content;
  const same = origin && JSON.stringify(node.mj) === origin.mj;
  if (EMPTY.has(node.type)) {
    if (!origin || origin.empty) return same ? origin.open : openTag(node, true);
    return `${same ? origin.open : openTag(node, false)}${origin.inner}${origin.close}`;
  }
  const filled = LEAVES.has(node.type) ? node.content !== "" : node.children.length > 0;
  const open = same && !(origin.empty && filled) ? origin.open : openTag(node, origin?.empty && !filled);
  if (origin?.empty && !filled) return open;
  const close = origin?.close || `</${node.type}>`;
  if (LEAVES.has(node.type)) return `${open}${origin?.lead ?? ""}${node.content}${origin?.trail ?? ""}${close}`;
  const parts = node.children.map((child) => write(child, depth + 1)).join("");
  const asItWas = origin && !origin.empty && (origin.had || !filled);
  const tail = asItWas ? origin.tail : filled ? indent(depth) : "";
  return `${open}${parts}${tail}${close}`;
}

export function write(node, depth) {
  const before = node.before ?? indent(depth);
  const body = inner(node, depth, node.origin);
  if (!node.condition) return before + body;
  const { around } = node;
  if (around && around.condition === node.condition) return `${before}${around.open}${around.inner}${body}${around.close}`;
  return `${before}{% if ${node.condition} %}${indent(depth)}${body}${indent(depth)}{% endif %}`;
}

export function serialise({ head, body, tail }) {
  return `${head}${write({ ...body, before: "" }, 1)}${tail}`;
}

/** The defaults that the head sets: { all, tags: { "mj-text": {...} }, classes: { title: {...} } }. */
export function headAttributes(head) {
  const found = { all: {}, tags: {}, classes: {} };
  const block = /<mj-attributes\b[^>]*>([\s\S]*?)<\/mj-attributes>/i.exec(head)?.[1] ?? "";
  for (const [, , name, text] of block.matchAll(TAG)) {
    if (!name || !text) continue;
    const attributes = attributesOf(text);
    if (name === "mj-all") Object.assign(found.all, attributes);
    else if (name === "mj-class") found.classes[attributes.name] = attributes;
    else found.tags[name] = { ...found.tags[name], ...attributes };
  }
  return found;
}
