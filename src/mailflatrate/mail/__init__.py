"""The format of a message: bytes in, frozen values out, and the other way round.

Takes in: a compiled edition and one recipient (outward), or the raw bytes of a message (inward). Stores: nothing; there
is no database, no socket and no clock in here. Passes on: a `ReadyMessage` for SMTP DATA or BDAT, or the typed reading
of a bounce, a report, an unsubscribe request.

`tokens` seals the delivery of a message into tokens, `mailing_id` names the campaign, `verp` puts tokens into
addresses, `headers` writes header fields, `quoted_printable` encodes bodies piece by piece, `dkim` signs, `compose`
combines all of it.
"""
