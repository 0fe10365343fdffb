"""Helpers for the components in `templates/cotton/`: form controls, initials, readable colors, state words,
sources of events, agreements, how long a review takes.
"""

import re
from typing import Final

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from mailflatrate.apps.accounts.queries import acceptance_time
from mailflatrate.entrypoints.presenters import review_wait as waits
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.entrypoints.presenters.signup.embeds import readable_on
from mailflatrate.entrypoints.ui import source_labels
from mailflatrate.entrypoints.ui.documents import document_html
from mailflatrate.entrypoints.ui.language import page_languages
from mailflatrate.locale.formats import complete_languages, rate_number, written_rate
from mailflatrate.rules.feedback.measures import ThresholdCause, rate_limits

register = template.Library()
register.filter("readable_on", readable_on)
register.filter("readable", document_html)
register.filter("accepted_at", acceptance_time)

STATE_ICONS: Final = {
    "passed": "circle-check",
    "blocked": "circle-x",
    "warning": "triangle-alert",
    "waiting": "clock",
    "info": "info",
    "success": "circle-check",
    "error": "circle-alert",
    "todo": "circle-dashed",
}
STATE_TONES: Final = {
    "passed": "success",
    "blocked": "error",
    "warning": "warning",
    "waiting": "info",
    "info": "info",
    "success": "success",
    "error": "error",
    "todo": "quiet",
}


@register.filter
def percent(value: float | None, digits: int = 2) -> str:
    """Return a share with its sign, or a dash if there is nothing to measure yet."""
    return written_rate(value, reading_language(), least=digits)


@register.filter
def rate(value: float | None, cause: str) -> str:
    return written_rate(value, reading_language(), *rate_limits(ThresholdCause(cause)))


@register.filter
def rate_figure(value: float, cause: str) -> str:
    return rate_number(value, reading_language(), *rate_limits(ThresholdCause(cause)))


def _css_class(widget: forms.Widget) -> str:
    table: list[tuple[type[forms.Widget], str]] = [
        (forms.CheckboxInput, "checkbox checkbox-sm checkbox-primary"),
        (forms.Textarea, "textarea"),
        (forms.ClearableFileInput, "file-input"),
        (forms.FileInput, "file-input"),
        (forms.CheckboxSelectMultiple, "checkbox checkbox-sm checkbox-primary"),
        (forms.RadioSelect, "radio radio-sm radio-primary"),
        (forms.Select, "select"),
    ]
    return next((css for kind, css in table if isinstance(widget, kind)), "input")


@register.simple_tag(name="page_languages", takes_context=True)
def languages_of_page(context: template.Context) -> list[str]:
    """Return the codes of the page's available languages; outside of a request, those of the studio."""
    request = context.get("request")
    return page_languages(request) if request else complete_languages()


@register.simple_tag(takes_context=True)
def same_as(context: template.Context, block: str) -> SafeString:
    """Return what another block of the page shows: the heading repeats the title unless the page says otherwise."""
    rendered: SafeString = context.render_context[BLOCK_CONTEXT_KEY].get_block(block).render(context)
    return rendered


@register.simple_tag
def control(field: BoundField) -> SafeString:
    widget = field.field.widget
    attrs: dict[str, str | bool] = {"class": f"{_css_class(widget)} {widget.attrs.get('class', '')}".strip()}
    parts = [f"{field.auto_id}_hint"] if field.help_text else []
    if field.errors:
        attrs["aria-invalid"] = "true"
        parts.append(f"{field.auto_id}_error")
    if str(widget.attrs.get("placeholder", "")).casefold().startswith(str(field.label).casefold()):
        # A placeholder that repeats the label only costs attention.
        attrs["placeholder"] = ""
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return _group(field, str(attrs["class"]))
    if parts:
        attrs["aria-describedby"] = " ".join(parts)
    return field.as_widget(attrs=attrs)


def _group(field: BoundField, css: str) -> SafeString:
    """Render checkboxes with their labels; Django's own wrapper would put the checkbox class around all of them."""
    boxes = []
    for box in field.subwidgets:
        box.data["attrs"]["class"] = css
        if field.errors:
            box.data["attrs"]["aria-invalid"] = "true"
        boxes.append((box.tag(), box.choice_label))
    row = '<label class="flex items-center gap-2.5 text-sm">{}<span class="min-w-0 break-words">{}</span></label>'
    return format_html('<div id="{}" class="grid gap-2">{}</div>', field.auto_id, format_html_join("", row, boxes))


@register.filter
def fields(form: forms.BaseForm, names: str) -> list[BoundField]:
    return [form[name] for name in names.split()]


@register.filter
def control_kind(field: BoundField) -> str:
    """Return `hidden`, `checkbox`, `group` (radio buttons, several checkboxes) or `plain`."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.RadioSelect):
        return "group"
    return "checkbox" if isinstance(widget, forms.CheckboxInput) else "plain"


@register.filter
def is_optional(field: BoundField) -> bool:
    """Return whether a field may be left empty; a menu without an empty choice, for example, always has a value."""
    inner, widget = field.field, field.field.widget
    if inner.required or widget.attrs.get("aria-required") or not getattr(widget, "says_optional", True):
        return False
    is_menu = isinstance(widget, forms.Select) and not isinstance(widget, forms.SelectMultiple)
    return not is_menu or any(value in ("", None) for value, _label in widget.choices)


@register.simple_tag
def heads(*labels: str, numeric: str = "") -> SafeString:
    """Return the head cells of a table; `numeric` are the places of those with figures, such as "2 3"."""
    cells = [("number" if str(place) in numeric.split() else "", label) for place, label in enumerate(labels, 1)]
    return format_html_join("", '<th scope="col" role="columnheader" class="{}">{}</th>', cells)


@register.simple_tag
def link(page: str, label: str, *ids: object, css: str = "link-quiet") -> SafeString:
    return format_html('<a class="{}" href="{}">{}</a>', css, reverse(page, args=ids), label)


@register.simple_tag
def crumb(page: str, label: str, *ids: object) -> SafeString:
    """Return the link back up to a page."""
    return link(page, label, *ids, css="crumb")


_LEGAL_FORM = re.compile(
    r"g?gmbh|mbh|ag|se|ug|\(haftungsbeschränkt\)|kg|kgaa|ohg|gbr|e\.?k\.?|e\.?v\.?|eg|&|co|ltd|limited|llc|inc|plc|corp|"
    r"s\.?a\.?|sarl|sas|s\.?r\.?l\.?|b\.?v\.?|n\.?v\.?|ab|a/?s|aps|oy",
    re.IGNORECASE,
)


@register.filter
def initials(name: str) -> str:
    """Return at most two letters: "Anna Lindner" -> "AL", "Lindenhof GmbH & Co. KG" -> "L", "anna@a.org" -> "A"."""
    words = str(name).split("@", maxsplit=1)[0].split()
    words = [word for word in words if not _LEGAL_FORM.fullmatch(word.rstrip("."))] or words
    letters = [word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    return "".join(letters).upper()


@register.filter
def mark(name: str) -> str:
    return next((sign.upper() for sign in str(name) if sign.isalnum()), "")


@register.filter
def state_icon(state: str) -> str:
    return STATE_ICONS.get(state, "circle")


@register.filter
def state_tone(state: str) -> str:
    return STATE_TONES.get(state, "quiet")


@register.filter
def hex_colour(colour: object) -> str:
    """Return an empty string unless it is exactly `#rrggbb`, so that nothing else gets into a style block."""
    text = str(colour or "")
    is_plain = len(text) == 7 and text[0] == "#" and all(digit in "0123456789abcdefABCDEF" for digit in text[1:])
    return text if is_plain else ""


@register.simple_tag
def review_wait(kind: str) -> str:
    return waits.review_wait(waits.Reviewed(kind))


@register.filter
def source_word(source: str | None) -> str:
    return source_labels.source_word(source or "")


@register.filter
def feedback_text(feedback: object) -> str:
    kind, text = getattr(feedback, "kind", ""), str(getattr(feedback, "text", ""))
    return source_labels.unsubscribed_word(text) if kind == "unsubscribe" and text else text
