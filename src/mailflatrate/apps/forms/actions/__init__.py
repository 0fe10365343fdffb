"""Every write to forms; each call is one transaction (or savepoint). `request_progress` is for the engine alone."""
