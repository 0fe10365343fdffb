"""Secrets that an installation generates on its first start, kept in the data folder."""

import json
import os
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mailflatrate.settings.schema import SettingsError, load_settings


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets: `secret_key` signs sessions; `token_keys` is the key ring (`id:hex,...`, the first one signs)."""

    secret_key: str
    token_keys: str


def _generated(path: Path) -> Secrets:
    """Read the secrets file, or write it once; two processes that start together agree on the first one's."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = {"secret_key": secrets.token_urlsafe(48), "token_keys": f"a:{secrets.token_hex(32)}"}
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_text(json.dumps(fresh))
        draft.chmod(0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return Secrets(**json.loads(path.read_text()))


@cache
def load_secrets() -> Secrets:
    """From the environment, otherwise from the data folder. An embedded installation's first start generates them,
    others' first `migrate` (`draw_secrets`). Raises SettingsError if they are missing although the installation exists:
    another host has them.
    """
    settings = load_settings()
    if settings.secret_key and settings.token_keys:
        return Secrets(settings.secret_key, settings.token_keys)
    path = settings.data_dir / "secrets.json"
    if not settings.is_embedded and not path.exists():
        raise SettingsError(
            f"MAILFLATRATE_SECRET_KEY or MAILFLATRATE_TOKEN_KEYS is not set and {path} doesn't exist. Copy them "
            "from another host of the installation. For a new installation, first run `mailflatrate migrate`, "
            "which generates them"
        )
    kept = _generated(path)
    return Secrets(settings.secret_key or kept.secret_key, settings.token_keys or kept.token_keys)


def draw_secrets() -> None:
    """Generate the secrets of a new installation in the data folder, unless they exist."""
    _generated(load_settings().data_dir / "secrets.json")
