/**
 * Cleans what is pasted from Word, Google Docs and web pages: structure and emphasis stay, everything else goes.
 *
 * `cleanPasted(html, page)` takes and returns markup; `page` is the DOM document to read it with.
 */

const BLOCKS = { P: "p", DIV: "p", SECTION: "p", ARTICLE: "p", H1: "h2", H2: "h2", H3: "h3", H4: "h3", H5: "h3", H6: "h3", BLOCKQUOTE: "blockquote", UL: "ul", OL: "ol", LI: "li", TR: "p", PRE: "p" };
const MARKS = { B: "strong", STRONG: "strong", I: "em", EM: "em", U: "u", S: "s", STRIKE: "s", DEL: "s" };
const GONE = new Set(["SCRIPT", "STYLE", "HEAD", "META", "LINK", "TITLE", "IFRAME", "OBJECT", "EMBED", "FORM", "INPUT", "BUTTON", "SELECT", "TEXTAREA", "SVG", "MATH", "IMG", "VIDEO", "AUDIO", "CANVAS", "NOSCRIPT", "TEMPLATE", "O:P", "XML"]);
const SAFE_LINK = /^(https?:|mailto:|tel:)/i;
const MOST_DEPTH = 200;

function styleOf(element) { return (element.getAttribute?.("style") ?? "").toLowerCase(); }

/** Word writes a list as paragraphs: { ordered } for one of them, otherwise null. */
function wordItem(element) {
  if (element.nodeName !== "P" || !/mso-list:\s*l\d/.test(styleOf(element))) return null;
  const marker = element.querySelector('[style*="mso-list"]')?.textContent ?? element.textContent;
  return { ordered: /^\s*(\d+|[a-z]|[ivx]+)[.)]/i.test(marker) };
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
  return found;
}

class Cleaner {
  constructor(page) { this.page = page; }

  children(from, into, depth) {
    let list = null;
    for (const node of [...from.childNodes]) {
      const item = node.nodeType === 1 ? wordItem(node) : null;
      if (item) {
        const tag = item.ordered ? "ol" : "ul";
        if (list?.nodeName.toLowerCase() !== tag) {
          list = this.page.createElement(tag);
          into.append(list);
        }
        for (const marker of node.querySelectorAll('[style*="mso-list:ignore" i], [style*="mso-list: ignore" i]')) marker.remove();
        const entry = this.page.createElement("li");
        list.append(entry);
        this.children(node, entry, depth + 1);
      } else {
        if (node.nodeType === 1) list = null;
        this.node(node, into, depth);
      }
    }
  }

  node(node, into, depth) {
    if (node.nodeType === 3) {
      into.append(this.page.createTextNode(node.data.replace(/[\u00a0\s]+/g, " ")));
      return;
    }
    const name = node.nodeName.toUpperCase();
    if (node.nodeType !== 1 || GONE.has(name) || depth > MOST_DEPTH || /display:\s*none/.test(styleOf(node))) return;
    if (name === "BR") {
      into.append(this.page.createElement("br"));
      return;
    }
    this.children(node, this.inner(node, name, into), depth + 1);
  }

  /** The element to put the children into: a block, marks around each other, a link, or nothing new. */
  inner(node, name, into) {
    const make = (tag, parent) => parent.appendChild(this.page.createElement(tag));
    let inside = into;
    // A block in a paragraph would end it, so an outer one that only holds others is left out.
    const holdsBlocks = ["DIV", "SECTION", "ARTICLE", "P"].includes(name) && node.querySelector("p, div, h1, h2, h3, h4, ul, ol, table, blockquote");
    if (BLOCKS[name] && !holdsBlocks) inside = make(BLOCKS[name], inside);
    const address = name === "A" ? (node.getAttribute("href") ?? "").trim() : "";
    if (SAFE_LINK.test(address)) {
      inside = make("a", inside);
      inside.setAttribute("href", address);
    }
    if (!/^H[1-6]$/.test(name)) for (const tag of marksOf(node)) inside = make(tag, inside);
    return inside;
  }
}

export function cleanPasted(html, page) {
  // Word's conditional comments hide its list markers from browsers; the markers themselves are removed below.
  const source = page.createElement("div");
  source.innerHTML = html.replace(/<!--[\s\S]*?-->|<!\[[^\]]*\]>|<\?xml[\s\S]*?>/gi, "");
  const clean = page.createElement("div");
  new Cleaner(page).children(source, clean, 0);
  for (const empty of [...clean.querySelectorAll("p, li, h2, h3, strong, em, u, s, a")].reverse()) {
    if (!empty.textContent.trim() && !empty.querySelector("br")) empty.remove();
  }
  return clean.innerHTML.trim();
}
