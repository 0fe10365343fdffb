"""Version 1. What arrives is a request with a key; what it leads to are the actions that the pages lead to, too.

`door` lets a request in (key, scope, standing, rate, transaction, repetition), `problems` says what went wrong,
`service` puts the operations together; every other module holds the operations of one subject.
"""
