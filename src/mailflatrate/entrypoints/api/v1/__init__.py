"""Version 1 of the API. Requests carry an API key and lead to the same actions as the pages.

`access_control` authenticates a request (key, scope, account status, rate, transaction, idempotency), `problems`
describes errors, `service` puts the operations together; every other module holds the operations of one subject.
"""
