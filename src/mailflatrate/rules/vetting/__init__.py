"""Vetting: who may send at all (R-01 to R-09, R-90). Pure; the desk decides, these rules give it the facts.

`record.py` what an application must contain, `account_status.py` status changes, `strikes.py` the ladder, `signals.py`
the automatic findings for the reviewer, `probation.py` a new account's limits and when one is reviewed again.
"""

from mailflatrate.rules.vetting.account_status import LIFTS, MOVES, Mover, lift_from, may_move, needs_words
from mailflatrate.rules.vetting.probation import Trigger, daily_limit, triggers
from mailflatrate.rules.vetting.record import FIELDS, RecordField, field_name, missing_fields
from mailflatrate.rules.vetting.signal_messages import signal_words
from mailflatrate.rules.vetting.strikes import StrikeMeasure, active_strikes, measure, strike_ends

__all__ = [
    "FIELDS",
    "LIFTS",
    "MOVES",
    "Mover",
    "RecordField",
    "StrikeMeasure",
    "Trigger",
    "active_strikes",
    "daily_limit",
    "field_name",
    "lift_from",
    "may_move",
    "measure",
    "missing_fields",
    "needs_words",
    "signal_words",
    "strike_ends",
    "triggers",
]
