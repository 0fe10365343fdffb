/** What can be added to a campaign, as nodes of mjml.js. The server writes the blocks, in the campaign's language and the brand's colors. */
import { fragment } from "./mjml.js";

/** How the classes of our own layouts look in a campaign whose head doesn't have them. */
const WITHOUT_CLASS = {
  title: { "font-size": "28px", "line-height": "1.25", "font-weight": "700" },
  subtitle: { "font-size": "20px", "line-height": "1.3", "font-weight": "700" },
  soft: { "font-size": "13px", color: "#666666" },
};
/** What stands on its own in the body; everything else needs a row around it. */
const ROWS = new Set(["mj-section", "mj-wrapper", "mj-include"]);

/** A node that is written anew, with the look of the classes that `head` lacks. */
function fresh(node, head) {
  const { type, mj: { "mj-class": name, ...own }, content, children } = node;
  const known = !name || head.classes[name];
  const mj = known ? node.mj : { ...WITHOUT_CLASS[name], ...own };
  return { type, mj, ...(content === undefined ? {} : { content }), ...(children ? { children: children.map((child) => fresh(child, head)) } : {}) };
}

/** The nodes of some MJML that is put into a campaign with this head. Throws NoBlocks. */
export function made(source, head) {
  return fragment(source).map((node) => fresh(node, head));
}

export function isRow(node) {
  return ROWS.has(node.type);
}

/** Wraps a single block in its own row where only rows are allowed. */
export function inRow(node) {
  return isRow(node) ? node : { type: "mj-section", mj: {}, children: [{ type: "mj-column", mj: {}, children: [node] }] };
}
