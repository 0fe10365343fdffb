"""Version 1 of the API. Requests carry an API key and call the same actions as the pages."""
