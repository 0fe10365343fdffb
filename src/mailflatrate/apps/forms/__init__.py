"""Sign-up forms and double opt-in (R-25 to R-35): the only way to become a subscriber without existing proof. No
switch skips the confirmation.
Takes in: submissions, and customers' requests. Stores: forms, their frozen versions, requests with hashed tokens
(two weeks at most), denials, counters against abuse. Passes on: confirmed consent to `lists`, requests that wait
for their one email to the gate.
"""
