"""The structured imprint (R-44): who must say what about himself, by country, and how it reads in a mailing.

An `Imprint` arrives from the account, `check_imprint` says what is missing or malformed, `imprint_lines`
gives the lines that the service renders into both parts, `missing_in` finds which of them a finished part
does not show.
"""

from mailflatrate.rules.imprint.check import Fault, ImprintIssue, check_imprint, missing_in
from mailflatrate.rules.imprint.lines import ImprintLine, imprint_lines
from mailflatrate.rules.imprint.model import Imprint, Organisation, imprint_from_mapping
from mailflatrate.rules.imprint.table import Column, Need, column_of, needs_of

__all__ = [
    "Column",
    "Fault",
    "Imprint",
    "ImprintIssue",
    "ImprintLine",
    "Need",
    "Organisation",
    "check_imprint",
    "column_of",
    "imprint_from_mapping",
    "imprint_lines",
    "missing_in",
    "needs_of",
]
