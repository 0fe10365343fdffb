"""What may happen: the law of this house, in pure Python.

Frozen facts arrive (`facts.py`), judgements leave (`verdict.py`). `gate.py` holds the chains as tables,
`checks/` one rule a file, `addresses/` who may be on a list, `consent.py` which proof counts, `bounces.py`
what a bounce means, `imprint/` who must say what about himself, `limits.py` every number with its source. No
database, no clock, no socket: what a rule needs to know it is told.
"""
