"""How long the operator's team usually takes, for pages on which the customer waits for it."""

from django import template

from mailflatrate.entrypoints.presenters import review_wait as waits

register = template.Library()


@register.simple_tag
def review_wait(kind: str) -> str:
    return waits.review_wait(waits.Reviewed(kind))
