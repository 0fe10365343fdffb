"""Event webhooks of e-mail providers, from bytes alone: the body of a post becomes `ProviderEvent`s, each about one
recipient, and the `Inspection` that a DSN would give. Only failures, complaints and unsubscribes; opens and clicks
aren't even returned.
"""
