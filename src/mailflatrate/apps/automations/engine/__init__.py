"""The engine: decides who enters and who moves on, in batches, each in one transaction.

`advance` processes one account. `entering` takes arrivals, `looking` finds people by dates, segments and inactivity,
`taking` locks a batch of people who are due at a step, `acting` and `sending` carry out the step, and `moving` records
the result.
"""
