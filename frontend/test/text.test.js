/** node --test: personal fields as chips, texts written in place, and what is pasted. */
import assert from "node:assert/strict";
import test from "node:test";
import { parseHTML } from "linkedom";
import { chipLabel, plainText, readField, withChips, writeField } from "../src/blocks/fields.js";
import { cleanPasted } from "../src/blocks/paste.js";
import { isWritable, readText, writeText } from "../src/blocks/text_schema.js";

const page = parseHTML("<!doctype html><html><body></body></html>").document;
const words = { countdown_chip: "Days until …", field_or: "…1, or: …2", field_if: "If …", field_else: "Otherwise", field_end: "End", field_condition: "Depends: …" };
const names = { "contact.first_name": "First name", "account.name": "Company" };
const label = (source) => chipLabel(source, names, words);
const again = (html) => writeText(readText(html, { label, page }), page);

test("a field is a chip that says what it stands for, and is written back as it was", () => {
  for (const [source, said] of [
    ['{{ contact.first_name | default: "there" }}', "First name, or: there"],
    ["{{ contact.first_name }}", "First name"],
    ["{{ account.name }}", "Company"],
    ["{% if contact.first_name %} {{ contact.first_name }}{% endif %}", "First name"],
    ["{% if contact.first_name %}{{ contact.first_name }}{% else %}all of you{% endif %}", "First name, or: all of you"],
    ["{% if contact.city == 'Kiel' %}", "If contact.city == 'Kiel'"],
    ["{% else %}", "Otherwise"],
    ["{% endif %}", "End"],
  ]) {
    assert.equal(label(source), said);
    const text = `<p style="margin:0">Hello ${source}, <a href="{{ web_version }}">look</a></p>`;
    assert.ok(withChips(text, label).includes(`>${said}</span>`), source);
    assert.ok(withChips(text, label).includes('href="{{ web_version }}"'));
    assert.equal(again(text), text);
  }
  assert.equal(plainText('<b>Hi</b> {{ contact.first_name | default: "there" }}', label), "Hi First name, or: there");
});

test("what the dialog asks for becomes Liquid that nothing can break out of", () => {
  assert.equal(writeField({ path: "contact.first_name", fallback: "there" }), '{{ contact.first_name | default: "there" }}');
  assert.equal(writeField({ path: "contact.first_name", fallback: '"}}<b>{{ x' }), '{{ contact.first_name | default: "b x" }}');
  assert.equal(writeField({ path: "contact.email", fallback: "x" }), "{{ contact.email }}");
  const spaced = "{% if contact.first_name %} {{ contact.first_name }}{% endif %}";
  assert.equal(writeField({ ...readField(spaced), fallback: "" }), spaced);
  assert.equal(writeField({ ...readField(spaced), fallback: "there" }), ' {{ contact.first_name | default: "there" }}');
});

test("texts come back as they were", () => {
  for (const text of [
    "Write here.", "", "a <strong>b</strong> c", "Hello<br><br>you &amp; me", "<p>one</p><p class=\"x\">two</p>", "costs $1 &lt; $2",
    '<h1 style="margin:0;font-size:32px">A <em>b</em></h1>', '<ul style="margin:0"><li>a</li><li>b <b>c</b></li></ul>',
    '<span style="color:#123456">x <small>y</small></span>', "{% if a %}<b>x</b>{% endif %}",
    '<tr><th scope="row">{{ account.name }}</th><td>17:00 <b>sharp</b></td></tr><tr><td>a</td><td><p>b</p></td></tr>', '<a href="https://a.example/">x</a>',
    'big<span style="color:red"><a href="https://a.example/">red around blue</a> and red</span>', "{{ a }} {{ b }}",
    '<div class="box"><p>one</p>bare<h5>five</h5></div>', 'a<br class="phone">b<wbr>c x<sup>2</sup><abbr class="x">d</abbr>',
    '<span class="dot">a</span><span class="dot">b</span>', "<blockquote>said<p>and done</p></blockquote>",
  ]) assert.equal(again(text), text);
  assert.match(again("17&nbsp;h"), /^17(&nbsp;|&#160;)h$/);
  assert.ok(!isWritable("<!--[if mso]><b>x</b><![endif]-->a", page), "a comment may be meant for Outlook");
  assert.ok(!isWritable('<span style="color:red"><strong style="color:blue">x</strong></span>', page), "the other way round it's red");
  assert.ok(!isWritable("<table><caption>a</caption><tr><td>a</td></tr></table>", page));
  assert.ok(!isWritable("<video src=x></video>", page));
  assert.ok(!isWritable('<img src="x" onerror="alert(1)">', page), "nothing that would run is drawn");
  assert.ok(!isWritable('<a href=" javascript:alert(1)">x</a>', page));
});

test("what comes from Word, Google Docs and web pages is cleaned", () => {
  const word = `<!--StartFragment--><p class=MsoNormal style='margin-bottom:8pt'><b><span style='font-size:14pt;font-family:"Calibri"'>Hello<o:p></o:p></span></b></p>
    <p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>   </span></span><![endif]>First</p>
    <p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·  </span>Second</p><!--EndFragment-->`;
  assert.equal(cleanPasted(word, page).replace(/>\s+</g, "><"), "<p><strong>Hello</strong></p><ul><li>First</li><li>Second</li></ul>");
  const docs = '<b style="font-weight:normal" id="docs-internal-guid-1"><p dir="ltr" style="line-height:1.4"><span style="font-weight:700;color:#000">Bold</span><span style="font-style:italic"> tilted</span></p></b>';
  assert.equal(cleanPasted(docs, page), "<p><strong>Bold</strong><em> tilted</em></p>");
  const web = '<div><div class="x" onclick="y()"><h1>Title</h1><p>See <a href="javascript:alert(1)">this</a> and <a href="https://a.example/" target="_blank" style="color:red">that</a><script>alert(1)</script><img src=x onerror=alert(1)></p></div></div>';
  assert.equal(cleanPasted(web, page), '<h2>Title</h2><p>See this and <a href="https://a.example/">that</a></p>');
  const mail = '<div dir="ltr">Hello,<div><br></div><div>one</div><div>two <b>three</b></div><div><br></div><div>Bye</div></div>';
  assert.equal(cleanPasted(mail, page), "<p>Hello,</p><p>one<br>two <strong>three</strong></p><p>Bye</p>");
  const nested = [1, 2, 2, 1].map((level, at) => `<p style='mso-list:l0 level${level} lfo1'><span style='mso-list:Ignore'>${at}.</span>x${at}</p>`).join("\n");
  assert.equal(cleanPasted(nested, page).replace(/>\s+</g, "><"), "<ol><li>x0<ol><li>x1</li><li>x2</li></ol></li><li>x3</li></ol>");
  assert.equal(cleanPasted('<ul><li><p role="presentation">One</p></li></ul><h1><b>T</b></h1><p>m<sup>2</sup><br></p>', page), "<ul><li>One</li></ul><h2>T</h2><p>m<sup>2</sup></p>");
  const cells = cleanPasted("<table><tr><td><p>Day</p></td><td>Place</td></tr><tr><td>Monday</td><td>Kiel</td></tr></table>", page);
  assert.equal(cells.replace(/ style="[^"]*"/g, ""), '<table><tbody><tr><th scope="col">Day</th><th scope="col">Place</th></tr><tr><td>Monday</td><td>Kiel</td></tr></tbody></table>');
  assert.equal(cleanPasted("<table><tr><td><h1>A</h1></td><td><div>B</div></td></tr></table>", page), "<h2>A</h2><p>B</p>");
  assert.match(cleanPasted("Bonjour\u00a0! 17\u00a0h, one\u00a0 two\u00a0three", page).replaceAll("&#160;", "\u00a0"), /^Bonjour\u00a0! 17\u00a0h, one two three$/);
  assert.equal(cleanPasted(`${"<b>".repeat(400)}deep`, page), "");
});

test("a countdown is a chip that says its day, and is written back as it was", () => {
  const source = '{{ "2026-12-24" | days_left }}';
  const said = label(source);
  assert.match(said, /^Days until .*2026/);
  assert.equal(again(`only ${source} left`), `only ${source} left`);
});
