"""Event webhooks of e-mail providers: what a provider posts about our messages, from bytes alone.

Arrives: the body of a post. Handed on: `ProviderEvent`s, each about one recipient, and for each the same
`Inspection` that a DSN or a feedback report gives. `signatures` has how each provider proves that it wrote the post.
What is not about a failure, a complaint or an unsubscribe (opens and clicks above all) isn't even returned.
"""
