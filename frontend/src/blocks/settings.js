/** Settings of the inspector beyond single attributes: screens, stacking order, background picture, lists of links. */
import { field, make } from "./inspector.js";
import { resolved } from "./look.js";

/** Classes that the server turns into a style sheet (mail/html/finish.py). */
const HIDDEN = { phone: "mf-hide-phone", desktop: "mf-hide-desktop" };

function classesOf(inspector) {
  return (resolved(inspector.model.get("type"), inspector.attributes(), inspector.studio.head)["css-class"] ?? "").split(/\s+/).filter(Boolean);
}

/** Whether the block is a list of links, edited link by link: a menu or a row of social icons. */
export function isLinkList(model) {
  return model.get("type") === "mj-text" && /\b(menu|social)\b/.test(model.get("mj")?.["css-class"] ?? "");
}

function screens(inspector) {
  const { words } = inspector.studio;
  const classes = classesOf(inspector);
  const now = Object.keys(HIDDEN).find((name) => classes.includes(HIDDEN[name])) ?? "";
  const choices = [["", words.screens_all], ["phone", words.screens_desktop], ["desktop", words.screens_phone]];
  const select = make("select", { class: "select select-sm", on: { change: () => {
    const kept = classesOf(inspector).filter((name) => !Object.values(HIDDEN).includes(name));
    inspector.write("css-class", [...kept, ...(select.value ? [HIDDEN[select.value]] : [])].join(" "));
  } } }, ...choices.map(([value, word]) => make("option", { value }, word)));
  select.value = now;
  return field(words.screens, select);
}

/** MJML stacks columns in the order of the source; a row that runs from right to left shows them the other way round beside each other. */
function stacking(inspector) {
  const { words } = inspector.studio;
  const { model } = inspector;
  if (model.components().length < 2) return null;
  const select = make("select", { class: "select select-sm", on: { change: () => {
    const columns = [...model.components().models].reverse();
    for (const column of columns) column.move(model, { at: model.components().length });
    inspector.write("direction", select.value);
  } } }, make("option", { value: "" }, words.stacking_first), make("option", { value: "rtl" }, words.stacking_last));
  select.value = inspector.attributes().direction === "rtl" ? "rtl" : "";
  return field(words.stacking, select, words.stacking_hint);
}

function backdrop(inspector) {
  const { words } = inspector.studio;
  const input = make("input", { class: "input input-sm", inputmode: "url", id: "blocks-backdrop", on: { input: () => write(input.value.trim()) } });
  const write = (url) => {
    inspector.write("background-url", url);
    if (url && !inspector.attributes()["background-size"]) {
      inspector.write("background-size", "cover");
      inspector.write("background-repeat", "no-repeat");
    }
  };
  input.value = inspector.attributes()["background-url"] ?? "";
  const open = make("button", { type: "button", class: "btn btn-plain btn-sm", "data-opens": "picker", "data-picker-for": "blocks-backdrop" }, words.choose_picture);
  return make("div", { class: "grid gap-2" }, field(words.backdrop, input, words.backdrop_hint), open);
}

/** The links in a block's text: { href, style, label, src } each; `src` is the picture of a network. */
function linksOf(content) {
  const page = new DOMParser().parseFromString(content, "text/html");
  return [...page.querySelectorAll("a")].map((link) => {
    const image = link.querySelector("img");
    return { href: link.getAttribute("href") ?? "", style: link.getAttribute("style") ?? "", label: image ? image.alt : link.textContent, src: image?.getAttribute("src") ?? "" };
  });
}

function written(link) {
  const page = document.implementation.createHTMLDocument("");
  const anchor = page.createElement("a");
  anchor.setAttribute("href", link.href);
  if (link.style) anchor.setAttribute("style", link.style);
  if (link.src) {
    const image = page.createElement("img");
    const attributes = { src: link.src, alt: link.label, width: "32", style: "border:0;vertical-align:middle;margin:0 5px" };
    for (const [name, value] of Object.entries(attributes)) image.setAttribute(name, value);
    anchor.append(image);
  } else anchor.textContent = link.label;
  return anchor.outerHTML;
}

function links(inspector) {
  const { words, networks } = inspector.studio;
  const social = /\bsocial\b/.test(inspector.attributes()["css-class"] ?? "");
  const all = linksOf(inspector.model.get("content"));
  const keep = () => inspector.studio.change(inspector.model, { content: all.map(written).join(" ") });
  const again = (focus) => {
    keep();
    inspector.show(inspector.model);
    inspector.root.querySelectorAll(focus)[0]?.focus();
  };
  const rows = all.map((link, at) => {
    const name = social
      ? make("select", { class: "select select-sm", "aria-label": words.network, on: { change: () => { [, link.label, link.src] = networks.find(([key]) => key === name.value); keep(); } } }, ...networks.map(([key, label]) => make("option", { value: key }, label)))
      : make("input", { class: "input input-sm", "aria-label": words.link_text, on: { input: () => { link.label = name.value; keep(); } } });
    name.value = social ? (networks.find(([, , src]) => src === link.src)?.[0] ?? "website") : link.label;
    const href = make("input", { class: "input input-sm", inputmode: "url", placeholder: "https://", "aria-label": words.href, on: { input: () => { link.href = href.value.trim(); keep(); } } });
    href.value = link.href;
    const remove = make("button", { type: "button", class: "btn btn-ghost btn-xs", "aria-label": `${words.remove_link}: ${link.label}`, on: { click: () => { all.splice(at, 1); again("[data-add-link]"); } } }, words.remove_link);
    return make("div", { class: "grid gap-1" }, name, href, remove);
  });
  const first = all[0] ?? { style: "", src: "" };
  const [, label, src] = networks.find(([, , one]) => !all.some((link) => link.src === one)) ?? networks[0];
  const add = make("button", { type: "button", class: "btn btn-plain btn-sm", "data-add-link": true, on: { click: () => {
    all.push({ href: "https://", style: first.style, label: social ? label : words.link_text, src: social ? src : "" });
    again("[data-add-link]");
  } } }, words.add_link);
  return make("fieldset", { class: "field grid gap-3" }, make("legend", { class: "field-label" }, words.links), ...rows, add);
}

export const SETTINGS = { screens, stacking, backdrop, links };
