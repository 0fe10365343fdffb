"""Settings that had another name in 0.1. The old names are read, with a warning, until the next version."""

import warnings
from collections.abc import Mapping

from mailflatrate.settings.section import SettingsError

FORMER_NAMES = {
    "MAILFLATRATE_POSTBOX_PORT": "MAILFLATRATE_TEST_INBOX_PORT",
    "MAILFLATRATE_POSTBOX_LIMIT": "MAILFLATRATE_TEST_INBOX_LIMIT",
}


def with_current_names(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the current name of each variable. Raises SettingsError if one has both names."""
    former = {name: current for name, current in FORMER_NAMES.items() if name in environment}
    for name, current in former.items():
        if current in environment:
            raise SettingsError(f"{name} and {current} are both set; keep only {current}")
        words = f"{name} is now {current}; the next version won't read the old name"
        warnings.warn(words, FutureWarning, stacklevel=3)
    return {former.get(name, name): value for name, value in environment.items()}
