/** Blocks that the server made of a product page or a feed: put into the campaign from their dialog. */
import { addAnywhere, addInside } from "./adding.js";
import { toComponent } from "./components.js";
import { make } from "./inspector.js";
import { made } from "./palette.js";

/** The class of a group of feed items; the server writes it (apps/campaigns/content/found_blocks.py). */
const FEED = "mf-feed";

export function isFeed(model) {
  return model?.get("type") === "mj-wrapper" && (model.get("mj")?.["css-class"] ?? "").split(/\s+/).includes(FEED);
}

/** A column of a product: it has a picture and a button, so another product can take its place. */
function productColumn(model) {
  const column = model?.get("type") === "mj-column" ? model : model?.closestType?.("mj-column");
  const types = column?.components().models.map((one) => one.get("type")) ?? [];
  return types.includes("mj-image") && types.includes("mj-button") ? column : null;
}

/** Puts in what a dialog found: a product fills the selected one, a feed replaces the selected group, else they are added. */
export function insertFound(blocks, button) {
  const { blocksInsert: source, blocksFill: column } = button.dataset;
  button.closest("dialog").close();
  const { lock, selected, studio } = blocks;
  const isFree = (model) => model && lock.state(model) === "free";
  const product = column ? productColumn(selected) : null;
  const group = isFeed(selected) ? selected : selected?.closestType?.("mj-wrapper");
  let shown;
  if (isFree(product)) {
    product.components(made(column, studio.head)[0].children.map(toComponent));
    shown = product;
  } else if (!column && isFeed(group) && isFree(group)) {
    [shown] = blocks.body.append(made(source, studio.head).map(toComponent), { at: group.index() + 1 });
    group.remove();
  } else {
    const nodes = made(source, studio.head);
    // A part of a locked design takes rows, no groups; the last is put in first, so that they keep their order.
    if (lock.isOn) for (const node of nodes.flatMap((one) => (one.type === "mj-wrapper" ? one.children : [one])).reverse()) shown = addInside(blocks, node);
    else shown = addAnywhere(blocks, nodes[0]);
  }
  if (!shown) return;
  blocks.choose(shown);
  blocks.touch();
}

/** In the settings of a group of feed items: looks the feed up again. */
function feed(inspector) {
  if (!isFeed(inspector.model)) return null;
  return make("button", { type: "button", class: "btn btn-plain btn-sm", "data-opens": "lookup-feed" }, inspector.studio.words.feed_again);
}

/** In the settings of a product: fills it from its page. */
function product(inspector) {
  if (!document.getElementById("lookup-product") || !productColumn(inspector.model)) return null;
  return make("button", { type: "button", class: "btn btn-plain btn-sm", "data-opens": "lookup-product" }, inspector.studio.words.product_fill);
}

export const FOUND_SETTINGS = { feed, product };
