"""The ways in: parse, check permission, call one action, answer."""
