"""How something came to be, in words (`entrypoints.web.ways`)."""

from django import template

from mailflatrate.entrypoints.web import ways

register = template.Library()


@register.filter
def source_word(source: str | None) -> str:
    """Return where an event came from."""
    return ways.source_word(source or "")


@register.filter
def feedback_text(feedback: object) -> str:
    """Return the details of feedback: how a contact unsubscribed, in words, or a server's reply as it is."""
    kind, text = getattr(feedback, "kind", ""), str(getattr(feedback, "text", ""))
    return ways.unsubscribed_word(text) if kind == "unsubscribe" and text else text
