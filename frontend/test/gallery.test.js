/**
 * node --test: one changed word in any text of our templates and blocks changes nothing else.
 *
 * GALLERY_SOURCES names a JSON file with their MJML by name (tests/architecture/test_frontend.py writes it).
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { parseHTML } from "linkedom";
import { EditorState } from "prosemirror-state";
import { fragment, LEAVES } from "../src/blocks/mjml.js";
import { isWritable, readText, writeText } from "../src/blocks/text_schema.js";

const page = parseHTML("<!doctype html><html><body></body></html>").document;
const sources = JSON.parse(readFileSync(process.env.GALLERY_SOURCES, "utf8"));
const WORD = "\u2603";

/** { text: name } of the texts in all sources, each once. */
function allTexts() {
  const found = new Map();
  const walk = (nodes, name) => {
    for (const node of nodes) {
      if (LEAVES.has(node.type) && !found.has(node.content)) found.set(node.content, name);
      walk(node.children ?? [], name);
    }
  };
  for (const [name, source] of Object.entries(sources)) walk(fragment(/<mj-body[\s\S]*<\/mj-body>/.exec(source)?.[0] ?? source), name);
  return found;
}

/** A markup with its attributes in one order and bare ampersands, because linkedom turns the order around and escapes none. */
function ordered(html) {
  return html.replaceAll("&amp;", "&").replace(/<(\w+)((?:\s+[\w-]+="[^"]*")+)>/g, (_all, tag, attributes) => `<${tag} ${attributes.match(/[\w-]+="[^"]*"/g).sort().join(" ")}>`);
}

/** The document with a word in the middle of each run of text, and how many there are. */
function edited(doc) {
  const places = [];
  doc.descendants((node, at) => {
    if (node.isText) places.push(at + Math.floor(node.nodeSize / 2));
  });
  const change = EditorState.create({ doc }).tr;
  for (const place of places.reverse()) change.insertText(WORD, place);
  return { doc: change.doc, count: places.length };
}

test("a changed word changes nothing else in any text of our templates and blocks", () => {
  const texts = allTexts();
  assert.ok(texts.size > 500);
  for (const [html, name] of texts) {
    assert.ok(isWritable(html, page), `${name} is edited as HTML: ${html}`);
    const { doc, count } = edited(readText(html, { label: (source) => source, page }));
    const written = writeText(doc, page);
    assert.equal(written.split(WORD).length - 1, count, name);
    assert.equal(ordered(written.replaceAll(WORD, "")), ordered(html), name);
  }
});
