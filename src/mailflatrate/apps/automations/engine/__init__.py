"""The engine: decides who enters and who moves on, in batches, each in one transaction.

`advance` processes one account, and `work` says what there is to do in it. `entering` takes arrivals, `looking` finds
people by dates, segments and inactivity, `event_waits` ends waits for what happened, `taking` locks a batch of people
who are due at a step, `acting` and `sending` carry out the step, and `moving` records the result.
"""
