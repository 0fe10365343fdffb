"""What may happen: the service's rules, in pure Python.

Takes in frozen facts (`facts.py`) and returns judgments (`verdict.py`). `gate/` holds the chains as tables, `checks/`
one rule per file, `limits.py` every number with its source. No database, no clock, no socket: a rule gets everything it
needs to know as an argument.
"""
