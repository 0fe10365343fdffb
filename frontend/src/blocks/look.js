/** From the attributes of an MJML element to how it looks in the canvas: close to what mrml makes of it. */

const BUILT_IN = {
  "mj-body": { width: "600px" },
  "mj-section": { padding: "20px 0", direction: "ltr", "text-align": "center" },
  "mj-wrapper": { padding: "20px 0" },
  "mj-column": { "vertical-align": "top" },
  "mj-text": { "font-family": "Ubuntu, Helvetica, Arial, sans-serif", "font-size": "13px", "line-height": "1", color: "#000000", align: "left", padding: "10px 25px" },
  "mj-table": { "font-family": "Ubuntu, Helvetica, Arial, sans-serif", "font-size": "13px", "line-height": "22px", color: "#000000", align: "left", padding: "10px 25px", width: "100%" },
  "mj-button": { "font-family": "Ubuntu, Helvetica, Arial, sans-serif", "font-size": "13px", "font-weight": "normal", color: "#ffffff", "background-color": "#414141", align: "center", "border-radius": "3px", padding: "10px 25px", "inner-padding": "10px 25px", "line-height": "120%" },
  "mj-image": { align: "center", padding: "10px 25px" },
  "mj-divider": { "border-color": "#000000", "border-style": "solid", "border-width": "4px", padding: "10px 25px", width: "100%" },
  "mj-spacer": { height: "20px" },
};

/** The effective attributes: built-in defaults, then those set for all, for the element type, by classes, and on the element. */
export function resolved(type, mj, head) {
  const classes = (mj["mj-class"] ?? "").split(/\s+/).filter(Boolean).map((name) => head.classes[name] ?? {});
  return Object.assign({}, BUILT_IN[type], head.all, head.tags[type], ...classes, mj);
}

/** The effective attributes without those on the element itself. */
export function inherited(type, mj, head) {
  return resolved(type, mj["mj-class"] ? { "mj-class": mj["mj-class"] } : {}, head);
}

/** [top, right, bottom, left] in px, from `padding` and its four sides. */
export function sides(attributes, name = "padding") {
  const parts = (attributes[name] ?? "0").trim().split(/\s+/).map((part) => Number.parseFloat(part) || 0);
  const [top, right = top, bottom = top, left = right] = parts;
  const side = (which, usual) => (attributes[`${name}-${which}`] === undefined ? usual : Number.parseFloat(attributes[`${name}-${which}`]) || 0);
  return [side("top", top), side("right", right), side("bottom", bottom), side("left", left)];
}

function padded(attributes, name) {
  return sides(attributes, name).map((pixels) => `${pixels}px`).join(" ");
}

function fonts(a) {
  return { fontFamily: a["font-family"], fontSize: a["font-size"], fontWeight: a["font-weight"], fontStyle: a["font-style"], lineHeight: a["line-height"], letterSpacing: a["letter-spacing"], color: a.color, textTransform: a["text-transform"], textDecoration: a["text-decoration"] };
}

function borders(a) {
  return { border: a.border, borderTop: a["border-top"], borderRight: a["border-right"], borderBottom: a["border-bottom"], borderLeft: a["border-left"], borderRadius: a["border-radius"] };
}

function ground(a) {
  return { background: a["background-url"] ? `${a["background-color"] ?? ""} url("${encodeURI(a["background-url"])}") center / cover` : a["background-color"] };
}

const MARGINS = { left: ["0", "auto"], center: ["auto", "auto"], right: ["auto", "0"] };

/** { el: styles of the element, part: styles of what is drawn inside of it }. `around` is the width to be shared, in px. */
export const PAINT = {
  "mj-body": (a) => ({ el: { background: a["background-color"], minHeight: "100%" } }),
  "mj-section": (a, { bodyWidth }) => ({
    el: a["full-width"] === "full-width" ? ground(a) : {},
    part: { display: "flex", flexWrap: "wrap", direction: a.direction, maxWidth: bodyWidth, margin: "0 auto", boxSizing: "border-box", padding: padded(a), ...borders(a), ...(a["full-width"] === "full-width" ? {} : ground(a)) },
  }),
  "mj-wrapper": (a, { bodyWidth }) => ({ el: { maxWidth: a["full-width"] === "full-width" ? "" : bodyWidth, margin: "0 auto", boxSizing: "border-box", padding: padded(a), ...borders(a), ...ground(a) } }),
  "mj-group": (a, { share }) => ({ el: { display: "flex", flex: `0 0 ${a.width ?? share}`, maxWidth: a.width ?? share, boxSizing: "border-box", ...ground(a) } }),
  "mj-column": (a, { share }) => ({
    el: { flex: `0 0 ${a.width ?? share}`, maxWidth: a.width ?? share, boxSizing: "border-box", alignSelf: { middle: "center", bottom: "flex-end" }[a["vertical-align"]] ?? "flex-start", padding: padded(a), minHeight: "20px", ...borders(a), ...ground(a) },
  }),
  "mj-text": (a) => ({ el: { padding: padded(a), background: a["container-background-color"] }, part: { textAlign: a.align, minHeight: "1em", ...fonts(a) } }),
  "mj-table": (a) => ({ el: { padding: padded(a), background: a["container-background-color"] }, part: { width: a.width, textAlign: a.align, borderCollapse: "collapse", ...fonts(a) } }),
  "mj-button": (a) => ({
    el: { padding: padded(a), textAlign: a.align, background: a["container-background-color"] },
    part: { display: a.width === "100%" ? "block" : "inline-block", width: a.width === "100%" ? "auto" : a.width, textAlign: "center", boxSizing: "border-box", background: a["background-color"], padding: padded(a, "inner-padding"), ...borders(a), ...fonts(a), textDecoration: a["text-decoration"] ?? "none" },
  }),
  "mj-image": (a) => {
    const [marginLeft, marginRight] = MARGINS[a.align] ?? MARGINS.center;
    return { el: { padding: padded(a), background: a["container-background-color"] }, part: { display: "block", width: "100%", maxWidth: a.width ?? "100%", height: a.height ?? "auto", minHeight: "24px", marginLeft, marginRight, fontSize: a["font-size"], ...borders(a) } };
  },
  "mj-divider": (a) => ({ el: { padding: padded(a), background: a["container-background-color"] }, part: { margin: "0 auto", width: a.width, borderTop: `${a["border-width"]} ${a["border-style"]} ${a["border-color"]}` } }),
  "mj-spacer": (a) => ({ el: { height: a.height, background: a["container-background-color"] } }),
};

export function dress(element, styles) {
  element.removeAttribute("style");
  for (const [name, value] of Object.entries(styles)) if (value !== undefined && value !== "") element.style[name] = value;
}
