"""Vetting: who may send at all (R-01 to R-09, R-90). Pure: the desk decides, and these rules give it the facts.

`record.py` has the required content of an application, `account_status.py` status changes and the strike
ladder, `signals.py` the automatic findings for the reviewer, `probation.py` the limits of a new account and when it is
reviewed again.
"""
