"""Events for other programs: the outbox (`base.outbox`) and the contacts' change log in one order, as a feed and as
webhooks, which are signed as Standard Webhooks.
"""
