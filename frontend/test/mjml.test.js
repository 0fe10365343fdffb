/** node --test: the blocks' reader and writer of MJML. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { headAttributes, NoBlocks, parse, serialise } from "../src/blocks/mjml.js";
import { inRow, made } from "../src/blocks/palette.js";

const layouts = new URL("../../src/mailflatrate/apps/campaigns/gallery/layouts/", import.meta.url);
const documents = readdirSync(layouts).filter((name) => name !== "head.mjml").map((name) => readFileSync(new URL(name, layouts), "utf8"));
documents.push(
  '<mjml><mj-body></mj-body></mjml>',
  '<mjml><mj-body/></mjml>\n',
  "<mjml><!-- <mj-body> --><mj-body  width='500px' >\n\n{% if a < b %}<mj-section><mj-column>\n<mj-text>a</mj-text></mj-column></mj-section>{% endif %}\n<mj-hero><mj-text>x</mj-text></mj-hero><!-- c --></mj-body ></mjml>x",
  '<mjml><mj-body><mj-section>{% for x in y %}<mj-column><mj-image src="a&amp;b"></mj-image><mj-text>\n <p>1 < 2</p>\n</mj-text></mj-column>{% endfor %}</mj-section></mj-body></mjml>',
  "<mjml><mj-body><mj-section><mj-column><mj-text><table><tr><td>{{ contact.x | default: \"y\" }}</td></tr></table></mj-text><mj-raw><b>r</b></mj-raw></mj-column></mj-section></mj-body></mjml>",
  "<mjml><mj-body>stray { text < here <mj-section/></mj-body></mjml>",
);

test("what nobody touched is written as it was read", () => {
  for (const source of documents) assert.equal(serialise(parse(source)), source);
});

test("a change writes the changed element alone", () => {
  const source = '<mjml>\n  <mj-body>\n    <mj-section>\n      <mj-column>\n        <mj-text   color="red" >Hello</mj-text>\n        <mj-divider   />\n      </mj-column>\n    </mj-section>\n  </mj-body>\n</mjml>\n';
  const tree = parse(source);
  const column = tree.body.children[0].children[0];
  column.children[0].mj.color = 'b"l&ue';
  assert.equal(serialise(tree), source.replace('<mj-text   color="red" >', '<mj-text color="b&quot;l&amp;ue">'));
  column.children[0].content = "Bye";
  column.children.push({ type: "mj-button", mj: { href: "https://a.example/" }, content: "Go" });
  column.children.splice(1, 1);
  assert.match(serialise(tree), />Bye<\/mj-text>\n {8}<mj-button href="https:\/\/a.example\/">Go<\/mj-button>\n {6}<\/mj-column>/);
  assert.deepEqual(serialise(parse(serialise(tree))), serialise(tree));
});

test("a condition around one element is the element's own", () => {
  const source = "<mjml><mj-body>\n{% if contact.city == \"Kiel\" %}\n <mj-section></mj-section>\n{% endif %}\n</mj-body></mjml>";
  const tree = parse(source);
  const [section] = tree.body.children;
  assert.equal(tree.body.children.length, 1);
  assert.equal(section.condition, 'contact.city == "Kiel"');
  section.condition = "contact.first_name";
  assert.match(serialise(tree), /\{% if contact\.first_name %\}\s*<mj-section><\/mj-section>\s*\{% endif %\}/);
  section.condition = "";
  assert.doesNotMatch(serialise(tree), /if/);
  const two = parse("<mjml><mj-body>{% if a %}<mj-section></mj-section><mj-section></mj-section>{% endif %}</mj-body></mjml>");
  assert.equal(two.body.children.length, 4);
});

test("a picture that is only decoration keeps its empty description", () => {
  const tree = parse('<mjml><mj-body><mj-section><mj-column><mj-image src="a" alt="x" /></mj-column></mj-section></mj-body></mjml>');
  tree.body.children[0].children[0].children[0].mj.alt = "";
  assert.match(serialise(tree), /<mj-image src="a" alt="" \/>/);
});

test("what is broken is left to the source editor", () => {
  for (const source of ["", "<p>Hello</p>", "<mjml></mjml>", "<mjml><mj-body><mj-section></mj-body></mjml>", "<mjml><mj-body></mj-column></mj-body></mjml>"]) {
    assert.throws(() => parse(source), NoBlocks);
  }
});

test("the defaults of the head", () => {
  const head = '<mj-attributes><mj-all font-family="A" /><mj-text color="red" /><mj-class name="big" font-size="30px" /></mj-attributes>';
  assert.deepEqual(headAttributes(head), { all: { "font-family": "A" }, tags: { "mj-text": { color: "red" } }, classes: { big: { name: "big", "font-size": "30px" } } });
});

test("a block of the palette is written anew, with the look of the classes that a campaign lacks", () => {
  const source = '<mj-section>\n  <mj-column>\n    <mj-text mj-class="title" align="center">A &amp; <b>b</b></mj-text><mj-image src="" alt="" />\n  </mj-column>\n</mj-section>';
  const [plain] = made(source, headAttributes(""));
  assert.deepEqual(plain.children[0].children[0].mj, { "font-size": "28px", "line-height": "1.25", "font-weight": "700", align: "center" });
  const [known] = made(source, headAttributes('<mj-attributes><mj-class name="title" color="red" /></mj-attributes>'));
  assert.deepEqual(known.children[0].children[0].mj, { "mj-class": "title", align: "center" });
  const tree = parse("<mjml><mj-body></mj-body></mjml>");
  tree.body.children.push(inRow(known), inRow({ type: "mj-spacer", mj: {} }));
  assert.match(serialise(tree), /<mj-text mj-class="title" align="center">A &amp; <b>b<\/b><\/mj-text>\n\s*<mj-image alt="" \/>/);
  assert.match(serialise(tree), /<mj-section>\s*<mj-column>\s*<mj-spacer \/>\s*<\/mj-column>\s*<\/mj-section>/);
});
