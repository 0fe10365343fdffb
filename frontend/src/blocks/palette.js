/** What can be added to a campaign: single blocks, rows of columns, and ready-made rows, as nodes of mjml.js. */

const text = (content, mj = {}) => ({ type: "mj-text", mj, content });
const button = (content, mj = {}) => ({ type: "mj-button", mj: { href: "https://", ...mj }, content });
const image = (mj = {}) => ({ type: "mj-image", mj: { src: "", alt: "", ...mj } });
const column = (children, mj = {}) => ({ type: "mj-column", mj, children });
const section = (children, mj = {}) => ({ type: "mj-section", mj, children });

/** [key, icon, node maker]; `words` are the page's texts, `head` says which classes the campaign has. */
export function palette(words, { head, picture }) {
  const has = (name) => (head.classes[name] ? { "mj-class": name } : null);
  const title = has("title") ?? { "font-size": "28px", "line-height": "1.25", "font-weight": "700" };
  const subtitle = has("subtitle") ?? { "font-size": "20px", "line-height": "1.3", "font-weight": "700" };
  const soft = has("soft") ?? { "font-size": "13px", color: "#666666" };
  const shown = (mj = {}) => image({ src: picture, alt: words.picture_alt, ...mj });
  return {
    single: [
      ["heading", "type", () => text(words.heading_text, title)],
      ["text", "text-cursor-input", () => text(words.text_text)],
      ["image", "image", () => shown()],
      ["button", "square", () => button(words.button_text)],
      ["divider", "minus", () => ({ type: "mj-divider", mj: {} })],
      ["spacer", "chevrons-up-down", () => ({ type: "mj-spacer", mj: { height: "24px" } })],
    ],
    rows: [
      ["one_column", "square", () => section([column([text(words.text_text)])])],
      ["two_columns", "columns-2", () => section([column([text(words.text_text)]), column([text(words.text_text)])])],
      ["three_columns", "columns-3", () => section([1, 2, 3].map(() => column([text(words.text_text)])))],
      ["image_left", "panel-left", () => section([column([shown()], { width: "40%", "vertical-align": "middle" }), column([text(words.heading_text, subtitle), text(words.text_text)], { width: "60%", "vertical-align": "middle" })])],
    ],
    ready: [
      ["header", "panel-top", () => section([column([text("{{ account.name }}", { ...subtitle, align: "center" })])], { padding: "24px 0 16px" })],
      ["product", "tag", () => section([1, 2].map(() => column([shown({ padding: "0 12px 12px" }), text(words.product_name, { "font-weight": "700", padding: "0 12px 4px" }), text(words.product_price, { ...soft, padding: "0 12px 8px" }), button(words.product_button, { padding: "0 12px 24px" })])), { padding: "16px 28px" })],
      ["social", "share-2", () => section([column([text('<a href="https://">Instagram</a> · <a href="https://">LinkedIn</a> · <a href="https://">Mastodon</a>', { align: "center" })])], { padding: "16px 0" })],
      ["footer", "panel-bottom", () => section([column([text(words.footer_text, { ...soft, align: "center" })])], { padding: "16px 0" })],
    ],
  };
}

/** Wraps a single block in its own row where only rows are allowed. */
export function inRow(node) {
  return node.type === "mj-section" ? node : section([column([node])]);
}
