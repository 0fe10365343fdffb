"""Every write to forms; each call is one transaction (or savepoint).

`form_edits` is for customers editing forms, `sign_up` takes sign-ups and other requests, `request_limits` counts them,
`confirm_or_deny` takes the person's answer, `request_expiry` handles expiry. Only the engine imports
`request_progress`, which takes a request through the gate.
"""
