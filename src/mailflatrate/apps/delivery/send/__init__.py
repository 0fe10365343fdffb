"""One sender process at work. Read in this order: `sender` (the process), `chunk` (one, from claim to end), `claims`
(what is read), `outcomes` (what is written), `journal` and `recovery` (what survives a crash), `database` (its own
connections).
"""
