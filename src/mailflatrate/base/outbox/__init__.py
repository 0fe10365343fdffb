"""The outbox: what happened in an account, for its programs and automations, written with the change itself (ADR 0047).

Triggers and set-based statements write a row in the transaction of the change (`sql/outbox.sql` of each app);
`writing.emit` writes one from Python. A row holds ids and codes (`rules.events`), the number of its transaction, and
nothing personal. Readers take only rows of transactions below the oldest one that is open, so no cursor passes over
anything. The table is partitioned by day, and a job drops days older than 30 (`days`).
"""
