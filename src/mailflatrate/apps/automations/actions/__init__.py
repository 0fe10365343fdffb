"""Changes to automations by people and by API clients."""
