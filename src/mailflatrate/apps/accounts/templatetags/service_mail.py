"""Template tags of service messages (`apps/accounts/service_mail.py`). Each must be on a line of its own."""

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mailflatrate.locale.formats import formats_of
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.message import service_text

register = template.Library()


class SubjectNode(template.Node):
    def __init__(self, inner: NodeList) -> None:
        self.inner = inner

    def render(self, context: Context) -> str:
        context.dicts[0]["service_mail"] = {"subject": service_text.clean(self.inner.render(context))}
        return ""


@register.tag
def subject(parser: Parser, _token: Token) -> SubjectNode:
    """{% subject %}...{% endsubject %}: the subject of the message."""
    inner = parser.parse(("endsubject",))
    parser.delete_first_token()
    return SubjectNode(inner)


@register.simple_tag
def button(label: str, url: str) -> str:
    """{% button label url %}: the action the recipient should take. The text part shows only the address."""
    return service_text.button(label, url)


@register.simple_tag
def fact(label: str, value: object) -> str:
    return service_text.fact(label, str(value), formats_of(known_language(get_language())).colon)


@register.simple_tag
def item(text: str) -> str:
    return service_text.item(text)


@register.simple_tag
def heading(text: str) -> str:
    return service_text.heading(text)


@register.simple_tag
def quote(text: str) -> str:
    return service_text.quote(text)


@register.simple_tag
def words(text: str) -> str:
    return service_text.words(text)


@register.filter
def translated(text: str) -> str:
    """Translate a stored message ID, such as a reason that a rule gave; any other text stays as it is."""
    return _(text) if text else ""
