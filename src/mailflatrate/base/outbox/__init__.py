"""The outbox: what happened in an account, for its programs and automations, written with the change itself (ADR
0047): by triggers and set-based statements (`sql/outbox.sql` of each app), or by `writing.emit`. A row holds ids
and codes, nothing personal. Readers take only rows of transactions below the oldest one that is open, so no cursor
passes over anything. Days older than 30 are dropped.
"""
