/** Where a block goes that is added by click or key. Both functions return it, or undefined if there is no place. */
import { toComponent } from "./components.js";
import { inRow, isRow } from "./palette.js";

/** After the selected block if it fits there, otherwise at the end. */
export function addAnywhere({ body, selected }, node) {
  const column = selected && (selected.get("type") === "mj-column" ? selected : selected.closestType("mj-column"));
  if (!isRow(node) && column) {
    const at = selected === column ? column.components().length : selected.index() + 1;
    return column.append(toComponent(node), { at })[0];
  }
  const row = rowOf(body, selected, node);
  const home = row?.parent() ?? sheetOf(body, inRow(node)) ?? body;
  const end = home.components().models.filter((one) => one.get("type") !== "mf-imprint").length;
  const [inserted] = home.append(toComponent(inRow(node)), { at: row ? row.index() + 1 : end });
  return isRow(node) ? inserted : inserted.components().at(0).components().at(0);
}

/** The group of rows that most of the message is in, where a new row belongs; undefined without one. */
function sheetOf(body, row) {
  const groups = row.type === "mj-section" ? body.components().models.filter((one) => one.get("type") === "mj-wrapper") : [];
  return groups.sort((one, other) => other.components().length - one.components().length)[0];
}

/** The row that a new one goes below: inside of a group of rows only rows that may be there. */
function rowOf(body, chosen, node) {
  if (!chosen || chosen.get("type") === "mf-imprint") return null;
  let row = chosen;
  while (row.parent() && row.parent() !== body && !(node.type === "mj-section" && row.parent().get("type") === "mj-wrapper")) row = row.parent();
  return row.parent() ? row : null;
}

/** Into the part of a locked design that is selected, or into the first, as far as the block fits there. */
export function addInside(blocks, node) {
  const { body, selected, lock, words } = blocks;
  const region = lock.regionOf(selected) ?? lock.first(body);
  if (!region) return void blocks.announce(words.locked_nowhere);
  const near = lock.regionOf(selected) === region ? selected : region;
  const column = near.get("type") === "mj-column" ? near : near.closestType("mj-column");
  if (!isRow(node) && column && lock.regionOf(column) === region) {
    const at = near === column ? column.components().length : near.index() + 1;
    return column.append(toComponent(node), { at })[0];
  }
  const row = inRow(node);
  if (region.get("type") !== "mj-wrapper" || row.type !== "mj-section") return void blocks.announce(words.locked_add);
  let before = near;
  while (before !== region && before.parent() !== region) before = before.parent();
  return region.append(toComponent(row), { at: before === region ? region.components().length : before.index() + 1 })[0];
}
