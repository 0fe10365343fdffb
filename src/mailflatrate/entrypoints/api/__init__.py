"""The REST API, which customers' programs use with a key of the account."""
