"""Events for other programs: what the outbox holds, as a feed and as webhooks.

Reads the outbox (`base.outbox`) and the contacts' change log in one order (`feed`), and delivers it to the endpoints
that an account names: `actions/endpoints.py` sets them up, `delivering` sends, `signing` signs as Standard Webhooks do.
"""
