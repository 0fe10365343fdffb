"""The format of a message: bytes in, frozen values out, and the other way round; no database, socket or clock. In: a
compiled edition and one recipient, or the raw bytes of a message. Out: a `ReadyMessage` for SMTP DATA or BDAT, or the
typed reading of a bounce, a report, an unsubscribe request.

`message` builds what leaves, from `content` and with `signing`; `reading`, `bounce_text` and `provider_events` read
what comes back; `identifiers` lead from one to the other. `html` and `liquid` handle sources, `fetched` foreign pages.
"""
