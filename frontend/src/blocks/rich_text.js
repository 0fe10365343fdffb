/** One text of the campaign while it is written in place: ProseMirror in the canvas's frame. */
import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { keymap } from "prosemirror-keymap";
import { Slice } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { EditorState, NodeSelection, TextSelection } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import { cleanPasted } from "./paste.js";
import { fieldNode, isWritable, readText, schema, writeText } from "./text_schema.js";

const { marks, nodes } = schema;

/** A document that draws and runs nothing: markup is read in it. */
const inert = document.implementation.createHTMLDocument("");

function lineBreak(state, dispatch) {
  dispatch?.(state.tr.replaceSelectionWith(nodes.break.create()).scrollIntoView());
  return true;
}

function withStyle(attributes, name, value) {
  const kept = (attributes.style ?? "").split(";").map((part) => part.trim()).filter((part) => part && !part.toLowerCase().startsWith(`${name}:`));
  const style = [...kept, ...(value ? [`${name}:${value}`] : [])].join(";");
  const { style: _before, ...others } = attributes;
  return style ? { ...others, style } : others;
}

function isInList(state) {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === nodes.list) return $from.node(depth);
  return null;
}

/** Changes only to one line: a button's label. */
function singleLine(state) {
  return keymap({ Enter: () => true, "Shift-Enter": () => true, "Mod-b": toggleMark(marks.strong), "Mod-i": toggleMark(marks.em), ...state });
}

export class RichText {
  /** `changed(html)` hears of each change, `moved()` of the cursor, `openField(position, source)` when a chip is pressed. */
  constructor(place, { html, isLine, label, changed, moved, openField, openLink }) {
    this.label = label;
    this.isLine = isLine;
    const undoing = { "Mod-z": undo, "Mod-y": redo, "Shift-Mod-z": redo };
    const keys = isLine
      ? [singleLine(undoing)]
      : [keymap({
        ...undoing, "Mod-b": toggleMark(marks.strong), "Mod-i": toggleMark(marks.em), "Mod-u": toggleMark(marks.underline),
        "Mod-k": () => { openLink(); return true; },
        Enter: splitListItem(nodes.item), "Shift-Enter": chainCommands(exitCode, lineBreak),
        Tab: (state, dispatch) => (isInList(state) ? (sinkListItem(nodes.item)(state, dispatch), true) : false),
        "Shift-Tab": (state, dispatch) => (isInList(state) ? (liftListItem(nodes.item)(state, dispatch), true) : false),
      })];
    place.replaceChildren();
    this.view = new EditorView({ mount: place }, {
      state: EditorState.create({ doc: readText(html, { label, page: inert }), plugins: [...keys, keymap(baseKeymap), history()] }),
      dispatchTransaction: (transaction) => {
        this.view.updateState(this.view.state.apply(transaction));
        if (transaction.docChanged) changed(this.html());
        moved();
      },
      clipboardTextSerializer: (slice) => slice.content.textBetween(0, slice.content.size, "\n", (node) => node.attrs.label ?? "\n"),
      transformPastedHTML: (pasted) => (this.isOwn(pasted) ? pasted : cleanPasted(pasted, inert)),
      // GrapesJS repeats the frame's keys to the page, where Ctrl+K and others mean something else.
      handleDOMEvents: { keydown: (_view, event) => { if (event.key !== "Escape") event.stopPropagation(); return false; } },
      handlePaste: (view, event, slice) => this.paste(event, slice),
      handleClickOn: (view, _at, node, nodeAt) => {
        if (node.type !== nodes.field) return false;
        view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, nodeAt)));
        openField(node.attrs.source);
        return true;
      },
    });
  }

  static isWritable(html) { return isWritable(html, inert); }

  html() { return writeText(this.view.state.doc, inert); }

  isOwn(pasted) { return /data-pm-slice/.test(pasted); }

  /** A button takes one line of plain words; Liquid in pasted words becomes chips. */
  paste(event, slice) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const hasMarkup = event.clipboardData?.types.includes("text/html");
    if (this.isLine) {
      this.view.dispatch(this.view.state.tr.insertText((text || slice.content.textBetween(0, slice.content.size, " ")).replace(/\s+/g, " ")));
      return true;
    }
    if (hasMarkup || !/\{[{%]/.test(text)) return false;
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\n", "<br>");
    const doc = readText(escaped, { label: this.label, page: inert });
    this.view.dispatch(this.view.state.tr.replaceSelection(new Slice(doc.content, 1, 1)).scrollIntoView());
    return true;
  }

  /** Puts the cursor where was clicked, or at the end. */
  focus(event) {
    const { view } = this;
    const at = event?.clientX === undefined ? null : view.posAtCoords({ left: event.clientX, top: event.clientY });
    const selection = at ? TextSelection.near(view.state.doc.resolve(at.pos)) : TextSelection.atEnd(view.state.doc);
    view.dispatch(view.state.tr.setSelection(selection));
    view.focus();
  }

  run(command) {
    command(this.view.state, this.view.dispatch);
    this.view.focus();
  }

  /** bold, italic, bullets, numbers, left, center, right. */
  format(name) {
    if (name === "bold") this.run(toggleMark(marks.strong));
    else if (name === "italic") this.run(toggleMark(marks.em));
    else if (name === "bullets" || name === "numbers") this.list(name === "bullets" ? "ul" : "ol");
    else this.align(name);
  }

  list(tag) {
    const list = isInList(this.view.state);
    if (list?.attrs.tag === tag) this.run(liftListItem(nodes.item));
    else if (list) {
      this.view.state.doc.descendants((node, at) => {
        if (node === list) this.view.dispatch(this.view.state.tr.setNodeMarkup(at, null, { ...node.attrs, tag }));
      });
      this.view.focus();
    } else {
      // A heading can't be in a list, so it becomes a paragraph first.
      setBlockType(nodes.line)(this.view.state, this.view.dispatch);
      this.run(wrapInList(nodes.list, { tag, attributes: {} }));
    }
  }

  align(value) {
    const { state } = this.view;
    const transaction = state.tr;
    state.doc.nodesBetween(state.selection.from, state.selection.to, (node, at) => {
      if (!node.isTextblock) return;
      // Bare words have no element that could carry a style.
      const type = node.type === nodes.line ? nodes.paragraph : node.type;
      const before = node.type === nodes.line ? { style: "margin:0" } : node.attrs.attributes;
      const tag = node.type === nodes.line ? "p" : node.attrs.tag;
      transaction.setNodeMarkup(at, type, { tag, attributes: withStyle(before, "text-align", value) });
    });
    this.view.dispatch(transaction);
    this.view.focus();
  }

  /** The colour of the selected words; an empty one is the block's own. */
  colour(value) {
    const { state } = this.view;
    const { from, to, empty } = state.selection;
    if (empty) return this.view.focus();
    const transaction = state.tr;
    state.doc.nodesBetween(from, to, (node) => {
      for (const one of node.marks) if ([marks.span, marks.around].includes(one.type) && /(^|;)\s*color:/i.test(one.attrs.attributes.style ?? "")) transaction.removeMark(from, to, one);
    });
    if (value) transaction.addMark(from, to, marks.span.create({ tag: "span", attributes: { style: `color:${value}` } }));
    this.view.dispatch(transaction);
    return this.view.focus();
  }

  /** The whole link around the cursor, or the selection: { from, to, href }. */
  link() {
    const { state } = this.view;
    const { $from, from, to } = state.selection;
    const around = marks.link.isInSet($from.marks()) ?? marks.link.isInSet($from.nodeAfter?.marks ?? []);
    if (!around) return { from, to, href: "" };
    let [start, end] = [from, to];
    state.doc.descendants((node, at) => {
      if (node.isInline && around.isInSet(node.marks) && at <= to && at + node.nodeSize >= from) [start, end] = [Math.min(start, at), Math.max(end, at + node.nodeSize)];
    });
    return { from: start, to: end, href: around.attrs.attributes.href ?? "" };
  }

  /** Sets the link; an empty address takes it away. Without a selection the address itself is written. */
  setLink(href) {
    const { from, to } = this.link();
    const transaction = this.view.state.tr.removeMark(from, to, marks.link);
    if (href && from === to) transaction.insertText(href, from);
    if (href) transaction.addMark(from, from === to ? from + href.length : to, marks.link.create({ tag: "a", attributes: { href } }));
    this.view.dispatch(transaction);
    this.view.focus();
  }

  /** Puts a chip in place of the selection; an empty source takes the selected chip out. */
  setField(source) {
    const { state } = this.view;
    this.view.dispatch(source ? state.tr.replaceSelectionWith(fieldNode(source, this.label(source)), true) : state.tr.deleteSelection());
    this.view.focus();
  }

  insertText(text) {
    this.view.dispatch(this.view.state.tr.insertText(text));
    this.view.focus();
  }

  /** Which of the toolbar's buttons are pressed. */
  pressed() {
    const { state } = this.view;
    const { from, to, empty, $from } = state.selection;
    const has = (type) => (empty ? Boolean(type.isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, type));
    const list = isInList(state);
    const align = /text-align:\s*(\w+)/.exec($from.parent.attrs.attributes?.style ?? "")?.[1];
    return {
      bold: has(marks.strong), italic: has(marks.em), link: Boolean(this.link().href),
      bullets: list?.attrs.tag === "ul", numbers: list?.attrs.tag === "ol",
      left: align === "left", center: align === "center", right: align === "right",
    };
  }

  destroy() { this.view.destroy(); }
}
