"""What the Certified Senders Alliance, Google, Yahoo and Microsoft ask of a sender, and where each point stands.

`table` holds the criteria, each with its rule, its source of figures and its words; `judge` puts figures beside them.
The operator's page, the customer's page and `mailflatrate doctor` show the same table. Pure.
"""

from mailflatrate.rules.compliance.judge import Facts, Found, State, judge_all
from mailflatrate.rules.compliance.table import CRITERIA, Body, Criterion, CriterionText, Figure, Holder

__all__ = [
    "CRITERIA",
    "Body",
    "Criterion",
    "CriterionText",
    "Facts",
    "Figure",
    "Found",
    "Holder",
    "State",
    "judge_all",
]
