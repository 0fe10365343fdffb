"""Sign-up forms and double opt-in (R-25 to R-35): the only way to become a subscriber that does not come with proof.

Arrives: what a visitor sent, or what a customer did for a person. Keeps: forms, their frozen versions, requests with
their tokens (hashed, for two weeks at most), what people answered "this was not me" to, and counters against abuse.
Hands on: the consent that a person confirmed (`lists.actions.confirm_consent`), and to the gate each request that waits
for its one mail. There is no switch that leaves the confirmation out.
"""
