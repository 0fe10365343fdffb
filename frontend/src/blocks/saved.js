/**
 * Saved rows: in the palette, and in the settings of a row. A shared row is named in the source by
 * <mj-include path="block:ID">, drawn as it is now, and changed for all drafts at once.
 */
import { toComponent, toNode } from "./components.js";
import { field, make } from "./inspector.js";
import { write } from "./mjml.js";
import { made } from "./palette.js";

const PREFIX = "saved:";

function idOf(path) {
  return Number(/^block:(\d+)$/.exec(path ?? "")?.[1] ?? 0);
}

/** The MJML of one row without the condition around it, which belongs to the draft. */
function sourceOf(model) {
  return write({ ...toNode(model), condition: "", around: undefined, before: "" }, 0);
}

export class SavedRows {
  /** `config`: { rows: [{ id, name, source, shared, drafts }], url, campaign }; without a URL this person only inserts rows. */
  constructor(blocks, { rows, url, campaign }) {
    this.blocks = blocks;
    this.rows = rows;
    this.url = url;
    this.campaign = campaign;
    this.words = blocks.words;
    this.place = make("div", { role: "group", "aria-label": this.words.saved_rows });
    blocks.root.querySelector(".blocks-palette").append(this.place);
    this.draw();
  }

  row(id) { return this.rows.find((one) => one.id === id); }

  nameOf(key) { return this.row(Number(key.slice(PREFIX.length)))?.name ?? ""; }

  /** What is inserted for a key of the palette; null for a key that isn't ours. */
  nodeOf(key) {
    const row = key.startsWith(PREFIX) ? this.row(Number(key.slice(PREFIX.length))) : null;
    if (!row) return null;
    return row.shared ? { type: "mj-include", mj: { path: `block:${row.id}` } } : made(row.source, this.blocks.studio.head)[0];
  }

  /** The nodes that a shared row stands for. */
  drawn(path) {
    const row = this.row(idOf(path));
    return row ? made(row.source, this.blocks.studio.head) : [];
  }

  label(path) {
    const row = this.row(idOf(path));
    return row ? `${this.words["mj-include"]}: ${row.name}` : this.words.shared_gone;
  }

  draw() {
    const title = make("p", { class: "blocks-group", "aria-hidden": "true" }, this.words.saved_rows);
    const parts = this.rows.map((row) => this.part(row));
    const empty = make("p", { class: "field-hint" }, this.words.saved_none);
    this.place.replaceChildren(title, parts.length ? make("div", { class: "blocks-parts" }, ...parts) : empty);
  }

  part(row) {
    const key = `${PREFIX}${row.id}`;
    const insert = make("button", { type: "button", class: "blocks-part", "data-blocks-add": key, on: { click: () => this.blocks.add(key) } }, make("span", {}, row.name));
    this.blocks.draggable(insert);
    if (!this.url) return insert;
    const more = make("button", { type: "button", class: "btn btn-ghost btn-xs", "data-saved-more": row.id, "aria-label": `${this.words.saved_edit}: ${row.name}`, on: { click: () => this.manage(row) } }, "⋯");
    return make("div", { class: "flex items-center gap-1" }, insert, more);
  }

  /** Rename or delete a row, in a dialog. */
  manage(row) {
    const { words } = this;
    const name = make("input", { class: "input input-sm", maxlength: "120" });
    name.value = row.name;
    const problem = make("p", { class: "field-error", role: "alert" });
    const close = () => dialog.close();
    const act = (path, values) => this.post(path, values, problem).then((done) => done && close());
    const sure = make("div", { class: "grid gap-2", hidden: true },
      make("p", {}, row.shared && row.drafts ? words.saved_delete_shared.replace("…", row.drafts) : words.saved_delete_sure),
      make("button", { type: "button", class: "btn btn-danger btn-sm", "data-saved-delete": true, on: { click: () => act(`${row.id}/delete/`, { open: this.campaign }) } }, words.saved_delete));
    const ask = make("button", { type: "button", class: "btn btn-plain btn-sm", on: { click: () => { ask.hidden = true; sure.hidden = false; sure.querySelector("button").focus(); } } }, `${words.saved_delete} …`);
    const title = make("h2", { class: "sheet-head", id: "saved-row-title" }, row.name);
    const dialog = make("dialog", { class: "sheet", "aria-labelledby": "saved-row-title", on: { close: () => dialog.remove(), keydown: (event) => event.stopPropagation() } }, title, make("div", { class: "sheet-body grid gap-4" },
      field(words.saved_name, name), problem,
      make("div", { class: "flex flex-wrap gap-2" },
        make("button", { type: "button", class: "btn btn-primary btn-sm", on: { click: () => act(`${row.id}/`, { name: name.value }) } }, words.saved_rename),
        make("button", { type: "button", class: "btn btn-ghost btn-sm", on: { click: close } }, words.saved_cancel), ask),
      sure));
    dialog.style.margin = "auto";
    document.body.append(dialog);
    dialog.showModal();
  }

  /** The row that was saved; null if the server refused, which `problem` then says. */
  async post(path, values, problem) {
    problem.textContent = "";
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    let answer;
    try {
      const reply = await fetch(this.url + path, { method: "POST", body: new URLSearchParams(values), headers: { "X-CSRFToken": token }, credentials: "same-origin" });
      answer = await reply.json();
    } catch {
      answer = { problem: this.words.saved_failed };
    }
    if (answer.problem) {
      problem.textContent = answer.problem;
      return null;
    }
    const gone = this.rows.filter((row) => row.shared && !answer.rows.some((one) => one.id === row.id));
    for (const model of this.named().filter((one) => gone.some((row) => row.id === idOf(one.get("mj").path)))) this.unpack(model, false);
    this.rows = answer.rows;
    this.draw();
    return { id: answer.id };
  }

  /** Puts the shared row in the place of the row that was saved as one. */
  replace(model, id) {
    const condition = model.get("condition");
    const [named] = model.parent().append({ type: "mj-include", mj: { path: `block:${id}` }, condition }, { at: model.index() });
    model.remove();
    this.redraw();
    this.blocks.choose(named);
    this.blocks.touch();
  }

  /** The shared rows in this draft. */
  named() { return this.blocks.body.components().models.filter((one) => one.get("type") === "mj-include"); }

  /** Draws every shared row as it is now. */
  redraw() {
    for (const model of this.named()) model.init();
  }

  /** Turns a shared row into rows of this draft; `changes`: they may be saved for all drafts again. */
  unpack(model, changes) {
    const id = idOf(model.get("mj").path);
    const nodes = this.drawn(model.get("mj").path);
    if (!nodes.length) return;
    const condition = model.get("condition");
    const [row] = model.parent().append(nodes.map((node) => ({ ...toComponent(node), condition, changes: changes ? id : undefined })), { at: model.index() });
    model.remove();
    this.blocks.choose(row);
    this.blocks.touch();
  }
}

/** Keep a row under a name, or give its changes to all drafts. */
function keep(inspector) {
  const { words, saved } = inspector.studio;
  if (!saved.url) return null;
  const { model } = inspector;
  const problem = make("p", { class: "field-error", role: "alert" });
  const known = saved.row(model.get("changes"));
  if (known) {
    const done = make("button", { type: "button", class: "btn btn-primary btn-sm", "data-save-shared": true, on: { click: async () => {
      const answer = await saved.post(`${known.id}/`, { source: sourceOf(model) }, problem);
      if (answer) saved.replace(model, known.id);
    } } }, words.shared_save);
    return make("div", { class: "grid gap-2" }, make("p", { class: "field-hint" }, words.shared_saves.replace("…", known.name)), done, problem);
  }
  const name = make("input", { class: "input input-sm", maxlength: "120", "data-saved-name": true });
  const shared = make("input", { type: "checkbox", class: "checkbox checkbox-sm" });
  const save = make("button", { type: "button", class: "btn btn-plain btn-sm", "data-save-row": true, on: { click: async () => {
    const answer = await saved.post("", { name: name.value, source: sourceOf(model), ...(shared.checked ? { shared: "1" } : {}) }, problem);
    if (!answer) return;
    inspector.studio.announce(words.saved_done.replace("…", name.value));
    if (shared.checked) saved.replace(model, answer.id);
    else name.value = "";
  } } }, words.save_row);
  return make("fieldset", { class: "field grid gap-2" }, make("legend", { class: "field-label" }, words.save_row),
    field(words.saved_name, name),
    make("label", { class: "flex items-start gap-2 text-sm" }, shared, make("span", {}, words.saved_shared)),
    save, problem);
}

/** What can be done with a shared row. */
function shared(inspector) {
  const { words, saved } = inspector.studio;
  const { model } = inspector;
  const row = saved.row(idOf(model.get("mj").path));
  if (!row) return make("p", { class: "text-sm" }, words.shared_gone);
  const change = saved.url ? make("button", { type: "button", class: "btn btn-plain btn-sm", "data-change-shared": true, on: { click: () => saved.unpack(model, true) } }, words.shared_change) : null;
  const detach = make("button", { type: "button", class: "btn btn-ghost btn-sm", on: { click: () => saved.unpack(model, false) } }, words.shared_detach);
  return make("div", { class: "grid gap-2" }, make("p", { class: "text-sm text-soft" }, words.shared_about.replace("…", row.name)), change, detach);
}

export const SAVED_SETTINGS = { keep, shared };
