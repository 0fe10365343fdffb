"""Kinds of refusal that all apps share. They are mixed into the apps' errors, so that the API can tell them apart."""


class StateConflict(Exception):
    """The request is valid, but not possible in the current state of the object."""


class AlreadyExists(Exception):
    """The account already has an object with this name or address."""
