"""The format of a message: bytes in, frozen values out, and the other way round.

What arrives: a compiled edition and one recipient (outward), or the raw bytes of a message (inward). What it keeps:
nothing; there is no database, no socket and no clock in here. What it hands on: a `Letter` ready for SMTP DATA or
BDAT, or the typed reading of a bounce, a report, an unsubscribe request.

`tokens` seals who a message was for, `mailing_id` names the campaign, `verp` puts tokens into addresses, `headers`
writes header fields, `quoted_printable` encodes bodies piece by piece, `dkim` signs, `compose` puts it all
together.
"""
