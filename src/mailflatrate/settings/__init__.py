"""Settings: read once, from the environment only, by one typed schema (`schema.py`). Errors stop the start."""

from mailflatrate.settings.schema import Settings, load_settings

__all__ = ["Settings", "load_settings"]
