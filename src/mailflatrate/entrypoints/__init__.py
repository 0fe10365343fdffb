"""The entry points: parse a request, check permission, call one action, respond."""
