"""Settings: environment only, one typed schema (`schema.py`), read once, failing loudly."""

from mailflatrate.settings.schema import Settings, load_settings

__all__ = ["Settings", "load_settings"]
