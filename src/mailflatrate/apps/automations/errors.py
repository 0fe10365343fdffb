"""Errors of automations, worded for their author."""


class AutomationError(Exception):
    """The requested change isn't possible; the text says why and what to do."""


class AutomationChanged(AutomationError):
    """The automation was saved in the meantime, by another person or in another window."""
