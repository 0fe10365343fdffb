/** The settings of the selected block: plain labeled fields outside the canvas, accessible by keyboard and screen reader. */
import { DATED_SETTINGS } from "./dated.js";
import { FOUND_SETTINGS } from "./found.js";
import { slotField } from "./lock.js";
import { inherited, resolved, sides } from "./look.js";
import { SAVED_SETTINGS } from "./saved.js";
import { isLinkList, SETTINGS } from "./settings.js";

let count = 0;

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function field(label, control, hint) {
  count += 1;
  control.id ||= `blocks-field-${count}`;
  return make("div", { class: "field" }, make("label", { class: "field-label", for: control.id }, label), control, hint ? make("p", { class: "field-hint" }, hint) : null);
}

/** Which fields a type has; the order is the panel's. */
const FIELDS = {
  "mj-text": ["content", "countdown", "scores", "align", "font-size", "color", "padding", "screens"],
  "mj-button": ["product", "label", "destination", "background-color", "color", "align", "font-size", "border-radius", "padding", "screens"],
  "mj-image": ["product", "picture", "alt", "href", "width", "align", "border-radius", "padding", "screens"],
  "mj-divider": ["border-color", "border-width", "padding"],
  "mj-spacer": ["height"],
  "mj-table": ["content", "font-size", "color", "padding"],
  "mj-column": ["product", "share", "vertical-align", "background-color", "padding"],
  "mj-group": ["share"],
  "mj-section": ["condition", "screens", "stacking", "background-color", "backdrop", "padding", "keep"],
  "mj-wrapper": ["feed", "condition", "screens", "background-color", "backdrop", "padding", "keep"],
  "mj-include": ["condition", "shared"],
  "mj-body": ["background-color", "page-width"],
  "mj-source": ["source"],
};
const COLOURS = new Set(["color", "background-color", "border-color"]);
const PIXELS = { "font-size": [11, 60], "border-radius": [0, 60], "border-width": [1, 20], height: [1, 200], width: [16, 1200], "page-width": [320, 800] };

export class Inspector {
  /** `change(model, mj)` writes attributes; `set(model, values)` other properties. */
  constructor(root, studio) {
    this.root = root;
    this.studio = studio;
  }

  show(model) {
    const { words } = this.studio;
    this.model = model;
    if (!model) {
      this.root.replaceChildren(make("p", { class: "text-sm text-soft" }, words.nothing_chosen));
      return;
    }
    const type = model.get("type");
    if (type === "mf-imprint") {
      this.root.replaceChildren(make("p", { class: "text-sm text-soft" }, words.imprint_stays));
      return;
    }
    if (this.studio.lock.state(model) === "locked") {
      this.root.replaceChildren(make("p", { class: "text-sm text-soft", "data-locked": true }, words.locked));
      return;
    }
    const slot = this.studio.lock.fields(model);
    if (slot) {
      const fields = (isLinkList(model) ? ["links"] : slot).map((name) => this.field(name)).filter(Boolean);
      this.root.replaceChildren(...(fields.length ? fields : [make("p", { class: "text-sm text-soft" }, words.locked_rows)]));
      return;
    }
    const names = isLinkList(model) ? ["links", "align", "padding", "screens"] : FIELDS[type] ?? [];
    this.root.replaceChildren(...[...names.map((name) => this.field(name)), slotField(this)].filter(Boolean));
  }

  attributes() { return this.model.get("mj") ?? {}; }

  write(name, value) {
    const mj = { ...this.attributes() };
    if (value === "" && name !== "alt") delete mj[name];
    else mj[name] = value;
    this.studio.change(this.model, { mj });
  }

  field(name) {
    const { words } = this.studio;
    const special = SETTINGS[name] ?? SAVED_SETTINGS[name] ?? DATED_SETTINGS[name] ?? FOUND_SETTINGS[name];
    if (special) return special(this);
    if (name === "content") return this.markup();
    if (name === "label") return this.label();
    if (name === "source") return this.source();
    if (name === "picture") return this.picture();
    if (name === "alt") return this.alt();
    if (name === "condition") return this.condition();
    if (name === "padding") return this.padding();
    if (name === "share") return this.share();
    if (name === "href") return this.link();
    if (name === "align") return this.choice("align", words.align, [["left", words.left], ["center", words.centre], ["right", words.right]]);
    if (name === "vertical-align") return this.choice("vertical-align", words.vertical, [["top", words.top], ["middle", words.middle], ["bottom", words.bottom]]);
    if (COLOURS.has(name)) return this.colour(name);
    return this.pixels(name);
  }

  line(_name, label, value, write, attributes = {}) {
    const input = make("input", { class: "input input-sm", ...attributes, on: { input: () => write(input.value) } });
    input.value = value ?? "";
    return field(label, input);
  }

  link() {
    return this.line("href", this.studio.words.href, this.attributes().href ?? "", (value) => this.write("href", value.trim()), { type: "text", inputmode: "url", placeholder: "https://" });
  }

  /** A text is written in the canvas; its markup is here for what can't be written there. */
  markup() {
    const { words } = this.studio;
    const area = make("textarea", { class: "textarea mono", rows: "6", spellcheck: "true", on: { input: () => this.studio.change(this.model, { content: area.value }) } });
    area.value = this.model.get("content");
    area.dataset.follows = "content";
    const fold = make("details", { class: "fold", "data-markup": true }, make("summary", {}, words.edit_markup), field(words.markup, area, words.markup_hint));
    return make("div", { class: "grid gap-2" }, make("p", { class: "field-hint" }, words.write_hint), fold);
  }

  showMarkup() {
    const fold = this.root.querySelector("[data-markup]");
    if (!fold) return;
    fold.open = true;
    fold.querySelector("textarea").focus();
  }

  /** A button's label: one line of words; with a personal field or markup it is written in the canvas. */
  label() {
    const content = this.model.get("content");
    if (/[<{]/.test(content)) return this.markup();
    return this.line("content", this.studio.words.label, content, (value) => this.studio.change(this.model, { content: value }), { "data-follows": "content" });
  }

  source() {
    const area = make("textarea", { class: "textarea mono", rows: "6", on: { input: () => this.studio.change(this.model, { content: area.value }) } });
    area.value = this.model.get("content");
    return field(this.studio.words["mj-source"], area, this.studio.words.source_hint);
  }

  picture() {
    const { words } = this.studio;
    const input = make("input", { class: "input input-sm", inputmode: "url", id: "blocks-picture", on: { input: () => this.write("src", input.value.trim()) } });
    input.value = this.attributes().src ?? "";
    const open = make("button", { type: "button", class: "btn btn-plain btn-sm", "data-opens": "picker", "data-picker-for": "blocks-picture" }, words.choose_picture);
    return make("div", { class: "grid gap-2" }, field(words.picture, input), open);
  }

  alt() {
    const { words } = this.studio;
    return this.line("alt", words.alt, this.attributes().alt ?? "", (value) => this.write("alt", value), { maxlength: "250" });
  }

  condition() {
    const { words, conditions } = this.studio;
    const now = this.model.get("condition") ?? "";
    const known = conditions.some(([value]) => value === now);
    const options = [["", words.everybody], ...conditions, ...(known || !now ? [] : [[now, now]])];
    const select = make("select", { class: "select select-sm", on: { change: () => { this.studio.change(this.model, { condition: select.value }); this.show(this.model); } } }, ...options.map(([value, word]) => make("option", { value }, word)));
    select.value = now;
    const parts = [field(words.shown_to, select)];
    const equals = /^contact\.(\w+) == "(.*)"$/.exec(now);
    if (equals) parts.push(this.line("value", words.value, equals[2], (value) => this.studio.change(this.model, { condition: `contact.${equals[1]} == "${value.replaceAll('"', "")}"` })));
    return make("div", { class: "grid gap-3" }, ...parts);
  }

  padding() {
    const { words, head } = this.studio;
    const now = sides(resolved(this.model.get("type"), this.attributes(), head));
    const names = [words.above, words.right_side, words.below, words.left_side];
    const inputs = names.map((label, at) => {
      const input = make("input", { class: "input input-sm", type: "number", min: "0", max: "200", step: "2", "aria-label": label, title: label, on: { input: () => save() } });
      input.value = String(now[at]);
      return input;
    });
    const save = () => {
      const mj = { ...this.attributes() };
      for (const side of ["top", "right", "bottom", "left"]) delete mj[`padding-${side}`];
      mj.padding = inputs.map((input) => `${Math.max(0, Number.parseInt(input.value, 10) || 0)}px`).join(" ");
      this.studio.change(this.model, { mj });
    };
    const cells = inputs.map((input, at) => make("label", { class: "blocks-side" }, make("span", { class: "field-hint", "aria-hidden": "true" }, names[at]), input));
    return make("fieldset", { class: "field" }, make("legend", { class: "field-label" }, words.space), make("div", { class: "blocks-sides" }, ...cells));
  }

  share() {
    const { words } = this.studio;
    const input = make("input", { class: "input input-sm", type: "number", min: "5", max: "100", placeholder: words.equal_share, on: { input: () => this.write("width", input.value ? `${input.value}%` : "") } });
    const width = this.attributes().width ?? "";
    input.value = width.endsWith("%") ? String(Number.parseFloat(width)) : "";
    return field(words.share, input);
  }

  choice(name, label, options) {
    const now = resolved(this.model.get("type"), this.attributes(), this.studio.head)[name];
    const select = make("select", { class: "select select-sm", on: { change: () => this.write(name, select.value) } }, ...options.map(([value, word]) => make("option", { value }, word)));
    select.value = now ?? options[0][0];
    return field(label, select);
  }

  pixels(name) {
    const { words, head } = this.studio;
    const attribute = name === "page-width" ? "width" : name;
    const [min, max] = PIXELS[name];
    const usual = inherited(this.model.get("type"), this.attributes(), head)[attribute];
    const input = make("input", { class: "input input-sm", type: "number", min: String(min), max: String(max), placeholder: String(Number.parseFloat(usual) || ""), on: { input: () => this.write(attribute, input.value ? `${input.value}px` : "") } });
    input.value = this.attributes()[attribute] ? String(Number.parseFloat(this.attributes()[attribute])) : "";
    return field(words[name], input);
  }

  colour(name) {
    const { words, head, brand } = this.studio;
    const usual = inherited(this.model.get("type"), this.attributes(), head)[name];
    const now = this.attributes()[name] ?? usual ?? "#ffffff";
    const input = make("input", { class: "input input-sm", type: "color", on: { input: () => this.write(name, input.value) } });
    if (/^#[0-9a-f]{6}$/i.test(now)) input.value = now;
    const swatches = brand.colours.map(([colour, word]) => {
      const swatch = make("button", { type: "button", class: "blocks-swatch", "aria-label": word, title: word, on: { click: () => { input.value = colour; this.write(name, colour); } } });
      swatch.style.background = colour;
      return swatch;
    });
    const clear = make("button", { type: "button", class: "btn btn-ghost btn-xs", on: { click: () => { this.write(name, ""); this.show(this.model); } } }, words.as_set);
    const shown = field(words[name], input);
    shown.append(make("div", { class: "blocks-swatches" }, ...swatches, clear));
    return shown;
  }

  /** After inline editing, updates the fields that show the same text. */
  follow() {
    for (const area of this.root.querySelectorAll("[data-follows=content]")) {
      if (area !== document.activeElement) area.value = this.model.get("content");
    }
  }
}
