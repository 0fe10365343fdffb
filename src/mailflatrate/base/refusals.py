"""What kind a refusal is, whichever app raised it. Mixed into the apps' errors, so that an API can tell them apart."""


class StateConflict(Exception):
    """The request is right, but not in the present state of what it is about."""


class AlreadyExists(Exception):
    """The account has one with this name or address already."""
