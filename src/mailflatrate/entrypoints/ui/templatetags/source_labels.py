"""Where an event came from, as text (`entrypoints.ui.source_labels`)."""

from django import template

from mailflatrate.entrypoints.ui import source_labels

register = template.Library()


@register.filter
def source_word(source: str | None) -> str:
    return source_labels.source_word(source or "")


@register.filter
def feedback_text(feedback: object) -> str:
    kind, text = getattr(feedback, "kind", ""), str(getattr(feedback, "text", ""))
    return source_labels.unsubscribed_word(text) if kind == "unsubscribe" and text else text
