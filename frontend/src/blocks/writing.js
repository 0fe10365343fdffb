/** Writing in the canvas: opens a text, connects it with the toolbar above the canvas and the dialog of personal fields. */
import { chipLabel, readField, withChips, writeField } from "./fields.js";
import { RichText } from "./rich_text.js";

const WRITABLE = new Set(["mj-text", "mj-button", "mj-table"]);

export class Writing {
  /** `blocks` is the visual editor; `root` holds the toolbar, `fields` are [path, label] of what can be inserted. */
  constructor(blocks, root, { fields, words, colours }) {
    this.blocks = blocks;
    this.root = root;
    this.words = words;
    this.names = Object.fromEntries(fields);
    this.toolbar = root.querySelector("[data-blocks-writing]");
    this.linkField = root.querySelector("[data-blocks-link]");
    this.dialog = document.getElementById("blocks-field");
    this.text = null;
    this.buttons();
    this.links();
    this.swatches(colours);
    if (this.dialog) this.fieldDialog(fields);
  }

  label(source) { return chipLabel(source, this.names, this.words); }

  chips(html) { return withChips(html, (source) => this.label(source)); }

  /** For GrapesJS: the editor of its text components. */
  get customEditor() {
    return {
      parseContent: false,
      enable: (element, _rte, { event, view } = {}) => this.open(element, view, event),
      disable: () => this.close(),
      getContent: () => this.html ?? this.model?.get("content") ?? "",
    };
  }

  open(element, view, event) {
    const { model } = view;
    const html = model.get("content");
    this.model = model;
    this.shown = view;
    if (!RichText.isWritable(html)) {
      this.blocks.announce(this.words.html_only);
      this.blocks.inspector.showMarkup();
      return { element };
    }
    this.html = html;
    this.text = new RichText(element, {
      html, isLine: model.get("type") === "mj-button", label: (source) => this.label(source),
      changed: (written) => this.changed(written), moved: () => this.mark(),
      openField: (source) => this.openField(source), openLink: () => this.showPop("link"),
    });
    this.root.dataset.writing = model.get("type");
    this.text.focus(event);
    this.mark();
    return { element };
  }

  changed(html) {
    this.html = html;
    this.model.set("content", html, { silent: true });
    this.blocks.inspector.follow();
    this.blocks.touch();
  }

  close() {
    this.hidePops();
    delete this.root.dataset.writing;
    this.text?.destroy();
    this.text = null;
    this.shown?.updateContent?.();
    setTimeout(() => { this.html = null; });
    return {};
  }

  /** Ends the writing; resolves when the text is the block's again. */
  async end() {
    if (this.text) await this.shown.disableEditing();
  }

  /** Before the canvas hears of a click: one into the text that is selected already begins to write there. */
  click(event) {
    if (this.text) return;
    const model = this.blocks.selected;
    if (model && WRITABLE.has(model.get("type")) && model.get("editable") && model.view.el.contains(event.target)) model.view.onActive(event);
  }

  // -- toolbar -------------------------------------------------------------------------------------------------------

  buttons() {
    for (const button of this.root.querySelectorAll("[data-blocks-format]")) button.addEventListener("click", () => this.text?.format(button.dataset.blocksFormat));
    for (const button of this.root.querySelectorAll("[data-blocks-personalize]")) button.addEventListener("click", () => this.openField(""));
    for (const button of this.root.querySelectorAll("[data-blocks-opens]")) {
      button.addEventListener("click", () => (button.getAttribute("aria-expanded") === "true" ? this.hidePops() : this.showPop(button.dataset.blocksOpens)));
    }
    // The toolbar must not take the selection away from the text, nor end the writing; its fields need the focus.
    this.toolbar.addEventListener("mousedown", (event) => {
      event.stopPropagation();
      if (!event.target.closest("input")) event.preventDefault();
    });
    this.toolbar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.toolbar.querySelector("[data-blocks-pop]:not([hidden])")) return;
      event.stopPropagation();
      this.hidePops();
      this.text?.view.focus();
    });
  }

  showPop(name) {
    this.hidePops();
    const pop = this.toolbar.querySelector(`[data-blocks-pop="${name}"]`);
    pop.hidden = false;
    this.toolbar.querySelector(`[data-blocks-opens="${name}"]`).setAttribute("aria-expanded", "true");
    if (name === "link") {
      this.linkField.value = this.text?.link().href ?? "";
      this.linkField.focus();
      this.linkField.select();
    }
  }

  hidePops() {
    for (const pop of this.toolbar.querySelectorAll("[data-blocks-pop]")) pop.hidden = true;
    for (const button of this.toolbar.querySelectorAll("[data-blocks-opens]")) button.setAttribute("aria-expanded", "false");
  }

  mark() {
    if (!this.text) return;
    const pressed = this.text.pressed();
    for (const button of this.toolbar.querySelectorAll("[data-blocks-format]")) button.setAttribute("aria-pressed", String(Boolean(pressed[button.dataset.blocksFormat])));
  }

  links() {
    const set = (address) => {
      this.hidePops();
      const typed = address.trim();
      this.text?.setLink(typed && !/^([a-z][a-z\d+.-]*:|\{\{|#|\/)/i.test(typed) ? `https://${typed}` : typed);
    };
    this.linkField.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      // Otherwise Enter would submit the form that the editor is part of.
      event.preventDefault();
      set(this.linkField.value);
    });
    this.toolbar.querySelector("[data-blocks-link-set]").addEventListener("click", () => set(this.linkField.value));
    this.toolbar.querySelector("[data-blocks-link-drop]").addEventListener("click", () => set(""));
    // What is typed here is part of no saved field.
    this.linkField.addEventListener("input", (event) => event.stopPropagation());
  }

  swatches(colours) {
    const place = this.toolbar.querySelector("[data-blocks-colours]");
    for (const [colour, word] of [...colours, ["", this.words.as_set]]) {
      const swatch = document.createElement("button");
      Object.assign(swatch, { type: "button", title: word, className: colour ? "blocks-swatch" : "btn btn-ghost btn-xs" });
      if (colour) {
        swatch.style.background = colour;
        swatch.setAttribute("aria-label", word);
      } else swatch.textContent = word;
      swatch.addEventListener("click", () => {
        this.hidePops();
        this.text?.colour(colour);
      });
      place.append(swatch);
    }
  }

  // -- personal fields -----------------------------------------------------------------------------------------------

  fieldDialog(fields) {
    const { dialog } = this;
    const form = dialog.querySelector("form");
    const [select, fallback] = [form.elements.field, form.elements.fallback];
    for (const [path, name] of fields) select.append(new Option(name, path));
    const follow = () => {
      // Everyone has an address, and an account its name: only a contact's other values can be empty.
      dialog.querySelector("[data-blocks-fallback]").hidden = !select.value.startsWith("contact.") || select.value === "contact.email";
    };
    select.addEventListener("change", follow);
    this.followField = follow;
    form.addEventListener("submit", () => this.takeField(writeField({ path: select.value, fallback: fallback.value, lead: this.lead })));
    dialog.querySelector("[data-blocks-field-drop]").addEventListener("click", () => {
      dialog.close();
      this.text?.setField("");
    });
    // GrapesJS ends the writing when something outside the text is pressed.
    dialog.addEventListener("mousedown", (event) => event.stopPropagation());
    dialog.addEventListener("close", () => this.text?.view.focus());
  }

  /** The dialog for a new field, or for the chip that was pressed. Other Liquid can only be taken out. */
  openField(source) {
    const form = this.dialog.querySelector("form");
    const field = source ? readField(source) : { path: "contact.first_name", fallback: "", lead: "" };
    const isKnown = field !== null && field.path in this.names;
    this.lead = field?.lead ?? "";
    if (isKnown) form.elements.field.value = field.path;
    form.elements.fallback.value = field?.fallback ?? "";
    this.dialog.querySelector("[data-blocks-field-known]").hidden = !isKnown;
    this.dialog.querySelector("[data-blocks-field-other]").hidden = isKnown;
    this.dialog.querySelector("[data-blocks-field-other] [data-source]").textContent = source;
    this.dialog.querySelector("[data-blocks-field-set]").hidden = !isKnown;
    this.dialog.querySelector("[data-blocks-field-drop]").hidden = !source;
    this.followField();
    this.dialog.showModal();
  }

  takeField(source) {
    if (this.text) this.text.setField(source);
    else this.blocks.insert(source);
  }
}
