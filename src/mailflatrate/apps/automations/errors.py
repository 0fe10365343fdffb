"""What can go wrong with an automation, in sentences for its author."""


class AutomationError(Exception):
    """What was asked for can't be done; the text says why and what to do."""


class AutomationChanged(AutomationError):
    """The automation was saved in the meantime, by another person or in another window."""
