"""The REST API: what a program of the customer does with a key of the account."""
