/** Settings of what has a date: the calendar file that a button leads to, and the day that a text counts down to. */
import { answerFields, hasAnswers, isAnswer, NEW_ANSWER } from "./answers.js";
import { field, make } from "./inspector.js";

const SCHEME = "calendar:?";
const COUNTDOWN = /(\{\{-?\s*["'])(\d{4}-\d{2}-\d{2})(["']\s*\|\s*days_left\s*-?\}\})/;
/** The fields of an event by their name in the link; the server reads them in mail/content/calendar_links.py. */
const EVENT = [
  ["name", "event_name", { maxlength: "200" }],
  ["start", "event_start", { type: "datetime-local" }],
  ["end", "event_end", { type: "datetime-local" }],
  ["zone", "event_zone", { list: "blocks-zones", maxlength: "64" }],
  ["place", "event_place", { maxlength: "300" }],
  ["note", "event_note", { maxlength: "1000" }],
];

function zones() {
  return make("datalist", { id: "blocks-zones" }, ...(Intl.supportedValuesOf?.("timeZone") ?? []).map((zone) => make("option", { value: zone })));
}

function eventFields(inspector) {
  const { words } = inspector.studio;
  const values = new URLSearchParams(inspector.attributes().href.slice(SCHEME.length));
  const keep = () => {
    for (const [name] of EVENT) if (!values.get(name)) values.delete(name);
    // A closing bracket would end the link in Markdown, and a quotation mark the attribute.
    inspector.write("href", SCHEME + values.toString().replaceAll("'", "%27").replaceAll("(", "%28").replaceAll(")", "%29"));
  };
  return EVENT.map(([name, word, attributes]) => {
    const input = make("input", { class: "input input-sm", ...attributes, on: { input: () => { values.set(name, input.value); keep(); } } });
    input.value = values.get(name) ?? "";
    return field(words[word], input, name === "note" ? words.event_hint : undefined);
  });
}

/** Where a button leads: to a page, a calendar file, or an answer. */
function destination(inspector) {
  const { words, zone } = inspector.studio;
  const href = inspector.attributes().href ?? "";
  const now = href.startsWith(SCHEME) ? "calendar" : isAnswer(href) ? "poll" : "";
  const select = make("select", { class: "select select-sm", "data-destination": true, on: { change: () => {
    inspector.write("href", { calendar: `${SCHEME}${new URLSearchParams({ zone })}`, poll: NEW_ANSWER }[select.value] ?? "https://");
    inspector.show(inspector.model);
    inspector.root.querySelector("[data-destination]").focus();
  } } }, make("option", { value: "" }, words.to_page), make("option", { value: "calendar" }, words.to_calendar), make("option", { value: "poll" }, words.to_poll));
  select.value = now;
  const rest = { calendar: () => [...eventFields(inspector), zones()], poll: () => answerFields(inspector) }[now]?.() ?? [inspector.link()];
  return make("div", { class: "grid gap-3" }, field(words.leads_to, select), ...rest);
}

function countdown(inspector) {
  const { words } = inspector.studio;
  const found = COUNTDOWN.exec(inspector.model.get("content") ?? "");
  if (!found) return null;
  const input = make("input", { class: "input input-sm", type: "date", on: { input: () => {
    if (!input.value) return;
    const content = inspector.model.get("content").replace(COUNTDOWN, (_whole, before, _date, after) => before + input.value + after);
    inspector.studio.change(inspector.model, { content });
    inspector.follow();
  } } });
  input.value = found[2];
  return field(words.countdown_date, input, words.countdown_hint);
}

/** The settings of a text with scores. */
function scores(inspector) {
  return hasAnswers(inspector.model) ? make("div", { class: "grid gap-3" }, ...answerFields(inspector)) : null;
}

export const DATED_SETTINGS = { destination, countdown, scores };
