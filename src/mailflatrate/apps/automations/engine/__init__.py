"""The engine: who enters and who moves on, set by set, each batch in one transaction.

`advance` runs an account: `entering` takes arrivals, `looking` finds people by dates, segments and inactivity, `taking`
locks a batch of people who are due at a step, `acting` and `sending` do what it does, and `moving` writes it down.
"""
