/**
 * Personal fields as chips: the Liquid in a text is shown as "First name, or: there", and written back as it was.
 *
 * Everything here works on strings, so that it needs no page.
 */

/** Comments and tags are skipped: Liquid in an attribute, such as a link's address, is no part of the text. */
const PIECE = /<!--[\s\S]*?-->|<\/?[a-z](?:[^>"']|"[^"]*"|'[^']*')*>|\{%-?\s*if\b(?:(?!\{%-?\s*(?:if|endif)\b)[^<])*\{%-?\s*endif\s*-?%\}|\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/gi;
const OUTPUT = /^\{\{-?\s*([\w.]+)\s*(?:\|\s*default:\s*(?:"([^"]*)"|'([^']*)')\s*)?-?\}\}$/;
const IF_GIVEN = /^\{%-?\s*if\s+([\w.]+)\s*-?%\}(\s*)\{\{-?\s*\1\s*-?\}\}(?:\{%-?\s*else\s*-?%\}([^{<]*))?\{%-?\s*endif\s*-?%\}$/;
export const DAYS_LEFT = /^\{\{-?\s*["'](\d{4}-\d{2}-\d{2})["']\s*\|\s*days_left\s*-?\}\}$/;
const TAG = /^\{%-?\s*(\w+)\s*([\s\S]*?)\s*-?%\}$/;

export function escapeText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** { path, fallback, lead }: the field, what stands in for an empty one, the space before it; null for other Liquid. */
export function readField(source) {
  const output = OUTPUT.exec(source);
  if (output) return { path: output[1], fallback: output[2] ?? output[3] ?? "", lead: "" };
  const given = IF_GIVEN.exec(source);
  if (given) return { path: given[1], fallback: (given[3] ?? "").trim(), lead: given[2] };
  return null;
}

/** The Liquid of a field. Without a fallback nothing is written, and the space before it goes as well. */
export function writeField({ path, fallback, lead = "" }) {
  const said = fallback.replace(/[{}<>"]/g, "").trim();
  if (lead && !said) return `{% if ${path} %}${lead}{{ ${path} }}{% endif %}`;
  if (path.startsWith("contact.") && path !== "contact.email") return `${lead}{{ ${path} | default: "${said}" }}`;
  return `${lead}{{ ${path} }}`;
}

/** What a chip says. `names` are the labels of the known fields by path, `words` the page's texts. */
export function chipLabel(source, names, words) {
  const field = readField(source);
  if (field) {
    const name = names[field.path] ?? field.path.replace(/^contact\./, "");
    return field.fallback ? words.field_or.replace("…1", name).replace("…2", field.fallback) : name;
  }
  const until = DAYS_LEFT.exec(source);
  if (until) return words.countdown_chip.replace("…", new Date(`${until[1]}T12:00`).toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" }));
  const [, tag = "", rest = ""] = TAG.exec(source) ?? [];
  const known = rest.replace(/[\w.]+/g, (path) => names[path] ?? path);
  if (source.startsWith("{%") && (source.match(/\{%/g) ?? []).length > 1) {
    const said = source.replace(/\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}/g, " … ").replace(/\s+/g, " ").trim();
    return words.field_condition.replace("…", said);
  }
  if (tag === "if" || tag === "elsif") return words.field_if.replace("…", known);
  if (tag === "else") return words.field_else;
  if (tag === "endif") return words.field_end;
  return source.replace(/[{}%]/g, "").trim();
}

/** The markup with a chip for each piece of Liquid in its text. */
export function withChips(html, label) {
  return html.replace(PIECE, (piece) => (piece.startsWith("<") ? piece : `<span data-field="${escapeText(piece)}"${readField(piece)?.lead ? " data-lead" : ""}>${escapeText(label(piece))}</span>`));
}

/** A text without markup, Liquid as its label, for lists and names. */
export function plainText(html, label) {
  return html.replace(PIECE, (piece) => (piece.startsWith("<") ? " " : `${readField(piece)?.lead ?? ""}${label(piece)}`)).replace(/\s+/g, " ").trim();
}
