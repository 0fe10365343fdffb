"""Vetting: who may send at all (R-01 to R-09, R-90). Pure; the desk decides, these rules give it the facts.

`record.py` what an application must contain, `account_status.py` status changes, `strikes.py` the ladder, `signals.py`
the automatic findings for the reviewer, `probation.py` a new account's limits and when one is reviewed again.
"""
