"""Changes to webhooks by people and by API clients."""
