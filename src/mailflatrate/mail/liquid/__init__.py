"""Personalisation: Liquid in, fixed segments and per-recipient strings out.

`Template.parse` refuses what an author got wrong, with the line; `Template.render_dynamic` is the hot path. The
dialect is described in `sandbox`, the fast cases in `closures`, and how Liquid survives HTML tools in `protect`.
"""

from mailflatrate.mail.liquid.template import KNOWN_VARIABLES, Template, find_liquid_errors, one_line
from mailflatrate.mail.source_errors import MissingValue, RenderRefused, SourceError, SourceRefused

__all__ = [
    "KNOWN_VARIABLES",
    "MissingValue",
    "RenderRefused",
    "SourceError",
    "SourceRefused",
    "Template",
    "find_liquid_errors",
    "one_line",
]
