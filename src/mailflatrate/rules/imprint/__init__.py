"""The structured imprint (R-44): what senders must say about themselves, by country, and how a campaign shows it.

An `ImprintRecord` comes from the account, `check_imprint` returns what is missing or malformed, `imprint_lines` the
lines that the service renders into both parts, `missing_in` those lines that a finished part does not show.
"""

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
