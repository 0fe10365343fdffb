"""The structured imprint (R-44): what senders must say about themselves, by country, and how a campaign shows it."""

from mailflatrate.rules.imprint.check import ImprintFault, check_imprint, missing_in
from mailflatrate.rules.imprint.lines import imprint_lines
from mailflatrate.rules.imprint.model import ImprintRecord, Organization, imprint_from_mapping
from mailflatrate.rules.imprint.table import FieldRequirement, ImprintColumn, column_of, needs_of

__all__ = [
    "FieldRequirement",
    "ImprintColumn",
    "ImprintFault",
    "ImprintRecord",
    "Organization",
    "check_imprint",
    "column_of",
    "imprint_from_mapping",
    "imprint_lines",
    "missing_in",
    "needs_of",
]
