/**
 * Cleans what is pasted from Word, Google Docs and web pages: structure and emphasis stay, everything else goes.
 *
 * `cleanPasted(html, page)` takes and returns markup; `page` is the DOM document to read it with.
 */

const BLOCKS = {
  P: "p", DIV: "p", SECTION: "p", ARTICLE: "p", HEADER: "p", FOOTER: "p", MAIN: "p", ASIDE: "p", NAV: "p", FIGURE: "p", FIGCAPTION: "p",
  ADDRESS: "p", CENTER: "p", TD: "p", TH: "p", CAPTION: "p", DT: "p", DD: "p", PRE: "p",
  H1: "h2", H2: "h2", H3: "h3", H4: "h3", H5: "h3", H6: "h3", BLOCKQUOTE: "blockquote", UL: "ul", OL: "ol", LI: "li",
};
const BLOCK_NAMES = [...Object.keys(BLOCKS), "TABLE"].map((name) => name.toLowerCase()).join(",");
const CELL = "padding:4px 12px 4px 0;text-align:left;vertical-align:top";
const MARKS = { B: "strong", STRONG: "strong", I: "em", EM: "em", U: "u", S: "s", STRIKE: "s", DEL: "s", SUP: "sup", SUB: "sub" };
const GONE = new Set(["SCRIPT", "STYLE", "HEAD", "META", "LINK", "TITLE", "IFRAME", "OBJECT", "EMBED", "FORM", "INPUT", "BUTTON", "SELECT", "TEXTAREA", "SVG", "MATH", "IMG", "VIDEO", "AUDIO", "CANVAS", "NOSCRIPT", "TEMPLATE", "O:P", "XML"]);
const SAFE_LINK = /^(https?:|mailto:|tel:)/i;
const MOST_DEPTH = 200;

function styleOf(element) { return (element.getAttribute?.("style") ?? "").toLowerCase(); }

/** Word writes a list as paragraphs: { ordered, level } for one of them, otherwise null. */
function wordItem(element) {
  const listed = element.nodeName === "P" && /mso-list:\s*l\d+(?:\s+level(\d))?/.exec(styleOf(element));
  if (!listed) return null;
  const marker = element.querySelector('[style*="mso-list"]')?.textContent ?? element.textContent;
  return { ordered: /^\s*(\d+|[a-z]|[ivx]+)[.)]/i.test(marker), level: Number(listed[1] ?? 1) };
}

/** The marks that an element means, by its name or, in Google Docs and Word, by its style. */
function marksOf(element) {
  const style = styleOf(element);
  const found = new Set();
  const named = MARKS[element.nodeName];
  const isPlain = /font-weight:\s*(normal|[1-4]00)/.test(style);
  if (named && !(named === "strong" && isPlain)) found.add(named);
  if (/font-weight:\s*(bold|[6-9]00)/.test(style)) found.add("strong");
  if (/font-style:\s*italic/.test(style)) found.add("em");
  if (/text-decoration[^;]*line-through/.test(style)) found.add("s");
  if (/vertical-align:\s*super/.test(style)) found.add("sup");
  if (/vertical-align:\s*sub\b/.test(style)) found.add("sub");
  return found;
}

/** Non-breaking spaces stay where typography asks for them; elsewhere they come from editors that count spaces. */
function spaced(text) {
  return text.replace(/[^\S\u00a0]+/g, " ").replace(/[\u00a0 ]*\u00a0[\u00a0 ]*/g, (run, at) => {
    const [before, after] = [text[at - 1] ?? "", text.slice(at + run.length, at + run.length + 3)];
    const isMeant = run === "\u00a0" && (/^[!?;:»%€$£]/.test(after) || before === "«" || (/\d/.test(before) && /^\p{L}{1,2}(?!\p{L})/u.test(after)));
    return isMeant ? run : " ";
  });
}

function isEmptyLine(node) { return node.nodeName === "DIV" && !node.textContent.trim() && node.querySelector("br"); }

/** Mail programs write each line as a <div> and an empty line as one with a <br>. */
function isLines(from) {
  const children = [...from.children];
  return children.some(isEmptyLine) && children.every((child) => !BLOCKS[child.nodeName] || (child.nodeName === "DIV" && !child.querySelector(BLOCK_NAMES)));
}

/** The rows of a table of data, as lists of cells; null for a table that only arranges things. */
function dataRows(table) {
  const rows = [...table.querySelectorAll("tr")].map((row) => [...row.children]);
  const isData = rows.length > 1 && rows[0].length > 1 && rows.every((row) => row.length === rows[0].length) && !table.querySelector("table, img, h1, h2, h3, ul, ol");
  return isData && rows.flat().every((cell) => cell.querySelectorAll(BLOCK_NAMES).length < 2) ? rows : null;
}

class Cleaner {
  constructor(page) { this.page = page; }

  make(tag, parent) { return parent.appendChild(this.page.createElement(tag)); }

  children(from, into, depth) {
    if (isLines(from)) return this.lines(from, into, depth);
    let lists = [];
    for (const node of [...from.childNodes]) {
      const item = node.nodeType === 1 ? wordItem(node) : null;
      if (item) lists = this.wordItem(node, item, lists, into, depth);
      else {
        if (node.nodeType === 1) lists = [];
        this.node(node, into, depth);
      }
    }
    return into;
  }

  /** Adds a paragraph of Word to the list of its level: `lists` are the open ones, outermost first. */
  wordItem(node, { ordered, level }, lists, into, depth) {
    const tag = ordered ? "ol" : "ul";
    const open = lists.slice(0, level);
    if (open.length && (open.length === level || level === 1) && open.at(-1).nodeName.toLowerCase() !== tag) open.pop();
    const isDeeper = open.length < level;
    if (isDeeper) open.push(this.make(tag, open.at(-1)?.lastElementChild ?? into));
    for (const marker of node.querySelectorAll('[style*="mso-list:ignore" i], [style*="mso-list: ignore" i]')) marker.remove();
    this.children(node, this.make("li", open.at(-1)), depth + 1);
    return open;
  }

  lines(from, into, depth) {
    let line = null;
    let breaks = false;
    for (const node of [...from.childNodes]) {
      const isLine = node.nodeName === "DIV";
      if (isEmptyLine(node)) line = null;
      else if (node.nodeType === 1 || node.data?.trim()) {
        if (line && (breaks || isLine)) this.make("br", line);
        line ??= this.make("p", into);
        breaks = isLine;
        if (isLine) this.children(node, line, depth + 1);
        else this.node(node, line, depth);
      }
    }
    return into;
  }

  table(rows, into, depth) {
    const table = this.make("table", into);
    table.setAttribute("style", "border-collapse:collapse");
    const body = this.make("tbody", table);
    rows.forEach((cells, at) => {
      const row = this.make("tr", body);
      for (const cell of cells) {
        const made = this.make(at ? "td" : "th", row);
        if (!at) made.setAttribute("scope", "col");
        made.setAttribute("style", CELL);
        this.children(cell.querySelector("p, div") ?? cell, made, depth + 3);
      }
    });
  }

  node(node, into, depth) {
    if (node.nodeType === 3) {
      into.append(this.page.createTextNode(spaced(node.data)));
      return;
    }
    const name = node.nodeName.toUpperCase();
    if (node.nodeType !== 1 || GONE.has(name) || depth > MOST_DEPTH || /display:\s*none|mso-hide:\s*all/.test(styleOf(node))) return;
    if (name === "BR") {
      into.append(this.page.createElement("br"));
      return;
    }
    const rows = name === "TABLE" ? dataRows(node) : null;
    if (rows) this.table(rows, into, depth);
    else this.children(node, this.inner(node, name, into), depth + 1);
  }

  /** The element to put the children into: a block, marks around each other, a link, or nothing new. */
  inner(node, name, into) {
    let inside = into;
    // A block in a paragraph would end it, so an outer one that only holds others is left out.
    const isOuter = BLOCKS[name] === "p" && node.querySelector(BLOCK_NAMES);
    const isOnlyOfItem = BLOCKS[name] === "p" && into.nodeName === "LI" && !into.hasChildNodes();
    if (BLOCKS[name] && !isOuter && !isOnlyOfItem) inside = this.make(BLOCKS[name], inside);
    const address = name === "A" ? (node.getAttribute("href") ?? "").trim() : "";
    if (SAFE_LINK.test(address)) {
      inside = this.make("a", inside);
      inside.setAttribute("href", address);
    }
    const isHeading = inside.closest("h2, h3") !== null;
    for (const tag of marksOf(node)) if (!(isHeading && tag === "strong")) inside = this.make(tag, inside);
    return inside;
  }
}

export function cleanPasted(html, page) {
  // Word's conditional comments hide its list markers from browsers; the markers themselves are removed below.
  const source = page.createElement("div");
  source.innerHTML = html.replace(/<!--[\s\S]*?-->|<!\[[^\]]*\]>|<\?xml[\s\S]*?>/gi, "");
  const clean = page.createElement("div");
  new Cleaner(page).children(source, clean, 0);
  // A line break that ends a block shows nothing, and many editors add one.
  for (const last of clean.querySelectorAll("br:last-child")) if (!last.nextSibling && last.previousSibling && last.parentNode !== clean) last.remove();
  for (const empty of [...clean.querySelectorAll("p, li, h2, h3, strong, em, u, s, sup, sub, a")].reverse()) {
    if (!empty.textContent.trim() && !empty.querySelector("br")) empty.remove();
  }
  return clean.innerHTML.trim();
}
