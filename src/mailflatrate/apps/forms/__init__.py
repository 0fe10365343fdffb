"""Sign-up forms and double opt-in (R-25 to R-35): the only way to become a subscriber without existing proof.

Takes in: a visitor's submission, or a customer's request for a person. Stores: forms, their frozen versions, requests
with their tokens (hashed, for two weeks at most), "this was not me" answers, and counters against abuse. Passes on: the
consent that a person confirmed (`lists.actions.confirm_consent`), and each request that waits for its one email, to the
gate. There is no switch that skips the confirmation.
"""
