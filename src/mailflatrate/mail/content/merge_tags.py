"""Finds unfilled merge tags in the syntax of any common email system (R-52)."""

from __future__ import annotations

import re

_TAGS = re.compile(
    r"\{\{.{0,80}?\}\}|\{%.{0,80}?%\}|\{\{"  # Liquid, Jinja, Handlebars, Twig
    r"|%%=?[A-Za-z_][^%\n]{0,60}%%|%[A-Z]{3,}(?:_[A-Z]+)+%"  # Salesforce, Exact Target, SendGrid, ActiveCampaign
    r"|\*\|[A-Z][A-Z0-9_: -]{0,60}\|\*"  # Mailchimp
    r"|\[(?:(?:F|L|FIRST|LAST|FULL|VOR|NACH)?[ _]?NAME|ANREDE|E-?MAIL|UNSUBSCRIBE|COMPANY)\]"
    r"|(?<![{$])\{(?:VORNAME|NACHNAME|NAME|ANREDE|E-?MAIL|FIRST_?NAME|LAST_?NAME|COMPANY|FIRMA)\}"  # CleverReach
    r"|\{\$[A-Za-z_][\w.>-]{0,60}\}"  # Smarty
    r"|\$\{[A-Za-z_][\w.]{0,60}\}|<%=?.{0,80}?%>",
    re.DOTALL,
)


_MAILCHIMP = re.compile(r"\*\|[A-Z][A-Z0-9_: -]{0,60}\|\*")


def find_merge_tags(text: str) -> tuple[str, ...]:
    """As written, each once."""
    return tuple(dict.fromkeys(_TAGS.findall(text)))


def merge_tags_in_markdown(source: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MAILCHIMP.findall(source)))
