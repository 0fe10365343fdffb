"""Sign-up forms and double opt-in (R-25 to R-35): the only way to become a subscriber without existing proof.

In: a visitor's submission, or a customer's request for a person. Keeps: forms, their frozen versions, requests with
their tokens (hashed, for two weeks at most), "this was not me" answers, and counters against abuse. Out: the consent
that a person confirmed (`lists.actions.confirm_consent`), and each request waiting for its one email, to the gate.
There is no switch that skips the confirmation.
"""
