"""Who calls us: parse, check permission, call one action, answer."""
