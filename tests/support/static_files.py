"""Static files for the tests' browsers: looked up once, not anew by every client that a test makes."""

from collections.abc import Callable
from typing import Any

from whitenoise.base import WhiteNoise
from whitenoise.middleware import WhiteNoiseMiddleware


def _once(look_up: Callable[..., None]) -> Callable[..., None]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}

    def share(self: WhiteNoise, *where: Any) -> None:
        if where not in found:
            others, self.files = self.files, {}
            look_up(self, *where)
            found[where], self.files = self.files, others
        self.files.update(found[where])

    return share


def install() -> None:
    """Let all clients of this process share what the first one found."""
    WhiteNoise.update_files_dictionary = _once(WhiteNoise.update_files_dictionary)
    WhiteNoiseMiddleware.add_files_from_finders = _once(WhiteNoiseMiddleware.add_files_from_finders)
