"""The only outward sockets: SMTP to the relay, questions to the DNS.

What arrives: finished messages (bytes and an envelope) and names to look up. What is kept: open connections and a
small DNS cache, nothing that must survive the process. What is handed on: one `SendOutcome` per message, one
`DnsAnswer` per question. Nothing here knows a rule, a table or an account; that belongs to the layers above.
"""
