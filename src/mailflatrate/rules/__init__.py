"""What may happen: the service's rules, in pure Python. Frozen facts (`facts.py`) in, judgments (`verdict.py`) out;
`gate/` holds the chains as tables, `limits.py` every number with its source. No database, clock or socket: a rule gets
everything as an argument.
"""
