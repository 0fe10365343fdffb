/** How the campaign looks in the canvas beyond its own styles, and what is drawn there of a markup. */

export const PLACEHOLDER = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="600" height="240" viewBox="0 0 600 240"><rect width="600" height="240" fill="#e8e6e1"/><g fill="none" stroke="#8a857c" stroke-width="6"><rect x="240" y="70" width="120" height="100" rx="8"/><path d="M240 150l35-35 30 30 20-18 35 33"/><circle cx="325" cy="98" r="9"/></g></svg>')}`;
export const CANVAS_CSS = `
  body { margin: 0; overflow-wrap: anywhere; font-family: Arial, sans-serif; }
  [data-gjs-type="mj-column"]:empty, [data-gjs-type="mj-section"] > div:empty { min-height: 48px; outline: 1px dashed #9a958c; outline-offset: -4px; }
  .mf-source { margin: 4px auto; max-width: 592px; padding: 4px 10px; border: 1px dashed #9a958c; border-radius: 4px; background: #f5f3ee; color: #55504a; font: 12px/1.5 ui-monospace, monospace; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  [data-shared]::before { content: attr(data-shared); display: block; max-width: 600px; margin: 0 auto; padding: 2px 10px; box-sizing: border-box; background: #5b5347; color: #fff; font: 12px/1.6 system-ui, sans-serif; text-align: left; }
  [data-condition]::before { content: attr(data-condition); display: block; flex-basis: 100%; max-width: 600px; margin: 0 auto; padding: 2px 10px; box-sizing: border-box; background: #0b5a63; color: #fff; font: 12px/1.6 system-ui, sans-serif; text-align: left; }
  [data-slot] { outline: 2px dashed #0b5a63; outline-offset: -2px; }
  [contenteditable="true"] { outline: none; cursor: text; white-space: break-spaces; }
  p { margin: 0 0 1em; } p:last-child { margin-bottom: 0; } mf-line { display: block; } span > mf-line { display: inline-block; min-width: 1ch; }
  [data-field] { display: inline-block; padding: 0 0.4em; border-radius: 4px; background: #d5efec; color: #0b4f57; font: 500 0.875em/1.4 system-ui, sans-serif; text-decoration: none; white-space: nowrap; cursor: pointer; }
  [data-field][data-lead] { margin-left: 0.3em; } .gjs-selected { outline-color: #0b5a63 !important; box-shadow: 0 0 0 4px #fff; }
  [data-field].ProseMirror-selectednode { outline: 2px solid #0b5a63; }
  @media (max-width: 480px) { [data-gjs-type="mj-section"] > div > [data-gjs-type="mj-column"] { flex-basis: 100% !important; max-width: 100% !important; } }
`;

/** A markup without what would run in the canvas. */
export function harmless(html) {
  const inTable = /^\s*<(tr|tbody|thead|td|th)\b/i.test(html);
  const page = new DOMParser().parseFromString(inTable ? `<table>${html}</table>` : html, "text/html");
  for (const bad of page.querySelectorAll("script, iframe, object, embed, form, input, link, meta, base")) bad.remove();
  for (const element of page.body.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith("on") || /^\s*(javascript|vbscript):/i.test(value)) element.removeAttribute(name);
    }
  }
  return inTable ? (page.querySelector("table")?.innerHTML ?? "") : page.body.innerHTML;
}
