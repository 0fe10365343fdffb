"""Version 1 of the API. Requests carry an API key and call the same actions as the pages.

`access_control` authenticates a request (key, scope, account status, rate, transaction, idempotency), `problems`
describes errors, `service` combines the operations; every other module holds the operations of one subject.
"""
