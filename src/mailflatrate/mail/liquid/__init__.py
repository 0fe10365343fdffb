"""Personalization: Liquid in, fixed segments and per-recipient strings out. `LiquidTemplate.parse` rejects the author's
mistakes, `render_dynamic` is the hot path, `sandbox` describes the dialect.
"""

from mailflatrate.mail.liquid.template import KNOWN_VARIABLES, LiquidTemplate, find_liquid_errors
from mailflatrate.mail.source_errors import MissingValue, RenderRefused, SourceError, SourceRefused

__all__ = [
    "KNOWN_VARIABLES",
    "LiquidTemplate",
    "MissingValue",
    "RenderRefused",
    "SourceError",
    "SourceRefused",
    "find_liquid_errors",
]
