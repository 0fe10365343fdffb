"""The only outgoing sockets: SMTP to the relay, queries to the DNS. It keeps open connections and a small DNS cache,
nothing that must survive the process, and knows no rule, table or account.
"""
