"""How long the operator's team usually takes, for pages on which the customer waits for it."""

from django import template

from mailflatrate.entrypoints.presenters import review_wait as waits

register = template.Library()


@register.simple_tag
def review_wait(kind: str) -> str:
    """Return the usual wait for a decision about an `application`, an `origin` or a `campaign`."""
    return waits.review_wait(waits.Reviewed(kind))
