"""Turns customer content into the HTML a mail client can show.

`mjml` and `theme` make a document, `inline` moves its styles, `tokens` and `sanitise` clean it, `links` numbers
its targets, `imprint` says what the service adds. `mailflatrate.mail.content` runs them in order.
"""
