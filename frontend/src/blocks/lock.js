/**
 * Locked designs: an element's attribute `mf-slot` says what others may change of it: "text", "image" or, for what
 * holds blocks, "rows". The server refuses every other change; the editor doesn't offer it.
 */
import { field, make } from "./inspector.js";

const SLOT = "mf-slot";
const KINDS = { "mj-text": "text", "mj-button": "text", "mj-table": "text", "mj-image": "image", "mj-wrapper": "rows", "mj-section": "rows", "mj-column": "rows" };
const FIELDS = { "mj-text": ["content"], "mj-button": ["label", "destination"], "mj-table": ["content"], "mj-image": ["picture", "alt", "href"] };

function slotOf(model) { return model.get("mj")?.[SLOT] ?? ""; }

export class Lock {
  /** `isOn`: this person changes only the slots; `marks`: this person says what others may change. */
  constructor({ isOn, marks } = {}) {
    this.isOn = Boolean(isOn);
    this.marks = Boolean(marks);
  }

  /** "free", "slot" (only what it holds may change) or "locked". */
  state(model) {
    if (!this.isOn || !model) return "free";
    if (this.regionOf(model.parent())) return "free";
    return slotOf(model) ? "slot" : "locked";
  }

  /** The nearest part around a model, or itself, that others may fill. */
  regionOf(model) {
    for (let one = model; one; one = one.parent()) if (slotOf(one) === "rows") return one;
    return null;
  }

  /** The first part in the content that others may fill. */
  first(model) {
    if (slotOf(model) === "rows") return model;
    for (const child of model.components().models) {
      const found = this.first(child);
      if (found) return found;
    }
    return null;
  }

  /** Takes away from the canvas what this person may not do. */
  apply(model) {
    if (!this.isOn) return;
    const state = this.state(model);
    if (state !== "free") {
      const isSlot = state === "slot";
      model.set({ toolbar: [], draggable: false, removable: false, copyable: false, editable: isSlot && slotOf(model) === "text", ...(isSlot && slotOf(model) === "rows" ? {} : { droppable: false }) });
    }
    for (const child of model.components().models) this.apply(child);
  }

  /** The names of a slot's fields; null for a part that is free. */
  fields(model) {
    return this.state(model) === "slot" ? FIELDS[model.get("type")] ?? [] : null;
  }
}

/** What others may change of the selected block, for those who may say so. */
export function slotField(inspector) {
  const { words, lock } = inspector.studio;
  const kind = KINDS[inspector.model.get("type")];
  if (!lock.marks || !kind) return null;
  const options = [["", words.slot_none], [kind, words[`slot_${kind}`]]];
  const select = make("select", { class: "select select-sm", "data-slot": true, on: { change: () => inspector.write(SLOT, select.value) } }, ...options.map(([value, word]) => make("option", { value }, word)));
  select.value = slotOf(inspector.model);
  return field(words.slot, select, words.slot_hint);
}
