/**
 * Answers to a question: links `poll:?question=...&answer=...`, which the server reads in mail/content/poll_links.py.
 *
 * What is seen is what is asked: the nearest text above the answers is their question, and a button's text its answer.
 */
import { make } from "./inspector.js";

const SCHEME = "poll:?";
const LINK = /poll:\?[^\s"'<>)]*/g;
/** A new answer: question and answer are filled in from what is seen. */
export const NEW_ANSWER = `${SCHEME}question=&answer=`;
const LONGEST = { question: 200, answer: 100 };

export function isAnswer(href) { return href.startsWith(SCHEME); }

export function hasAnswers(model) {
  return model.get("type") === "mj-text" && (model.get("content") ?? "").includes(SCHEME);
}

function holdsAnswers(model) {
  return hasAnswers(model) || (model.get("type") === "mj-button" && isAnswer(model.get("mj")?.href ?? ""));
}

/** The words of a text or button, on one line; empty with a personal field, which a question can't have. */
function wordsOf(model, most) {
  const content = model.get("content") ?? "";
  if (/\{[{%]/.test(content)) return "";
  const words = new DOMParser().parseFromString(content.replaceAll(/<br\b[^>]*>/gi, " "), "text/html").body.textContent;
  return words.replaceAll(/\s+/g, " ").trim().slice(0, most);
}

/** The link with other values; a closing bracket would end it in Markdown, and a quotation mark the attribute. */
function changed(link, values) {
  const all = new URLSearchParams(link.slice(SCHEME.length));
  for (const [name, value] of Object.entries(values)) {
    if (value) all.set(name, value);
    else if (name === "comment") all.delete(name);
  }
  return SCHEME + all.toString().replaceAll("'", "%27").replaceAll("(", "%28").replaceAll(")", "%29");
}

/** Writes values into all links of a block; in markup, the ampersands are escaped. */
function write(model, values, options = {}) {
  if (hasAnswers(model)) {
    const content = model.get("content").replace(LINK, (link) => changed(link.replaceAll("&amp;", "&"), values).replaceAll("&", "&amp;"));
    if (content !== model.get("content")) model.set("content", content, options);
    return;
  }
  const mj = model.get("mj");
  const href = changed(mj.href, values);
  if (href !== mj.href) model.set("mj", { ...mj, href }, options);
}

function answersBeside(model) {
  return model.parent().components().models.filter(holdsAnswers);
}

function follow(column) {
  let question = "";
  for (const model of column.components().models) {
    if (holdsAnswers(model)) {
      const answer = model.get("type") === "mj-button" ? wordsOf(model, LONGEST.answer) : "";
      write(model, { ...(question ? { question } : {}), ...(answer ? { answer } : {}) }, { silent: true });
    } else if (model.get("type") === "mj-text") question = wordsOf(model, LONGEST.question);
  }
}

/** Before a campaign is saved: each answer's link says what is seen. */
export function followQuestions(model) {
  if (model.get("type") === "mj-column") follow(model);
  else for (const one of model.components().models) followQuestions(one);
}

/** The settings of a button or text with answers. */
export function answerFields(inspector) {
  const { model } = inspector;
  const { words } = inspector.studio;
  const link = hasAnswers(model) ? LINK.exec(model.get("content"))[0].replaceAll("&amp;", "&") : model.get("mj").href;
  LINK.lastIndex = 0;
  const box = make("input", { class: "checkbox checkbox-sm", type: "checkbox", on: { change: () => {
    for (const one of answersBeside(model)) write(one, { comment: box.checked ? "1" : "" });
    inspector.studio.change(model, {});
  } } });
  box.checked = new URLSearchParams(link.slice(SCHEME.length)).get("comment") === "1";
  const label = make("label", { class: "flex items-center gap-2 text-sm" }, box, words.poll_comment);
  return [make("p", { class: "field-hint" }, hasAnswers(model) ? words.nps_hint : words.poll_hint), label];
}
