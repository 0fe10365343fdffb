"""Turns customer content into the HTML a mail client can show.

`mjml` and `theme` make a document, `inline` moves its styles, `tokens` and `sanitise` clean it, `links` numbers its
targets, `imprint` adds the service's block. `mailflatrate.mail.content.campaign` runs them in order.
"""
