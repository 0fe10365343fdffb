"""The only outgoing sockets: SMTP to the relay, queries to the DNS.

Takes in: finished messages (bytes and an envelope) and names to look up. Stores: open connections and a small DNS
cache, nothing that must survive the process. Passes on: one `SendOutcome` per message, one `DnsAnswer` per query.
Nothing here knows a rule, a table or an account; that belongs to the layers above.
"""
