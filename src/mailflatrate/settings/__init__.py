"""Settings: environment only, one typed schema (`schema.py`), read once, failing loudly."""

from mailflatrate.settings.schema import Settings, SettingsError, load_settings

__all__ = ["Settings", "SettingsError", "load_settings"]
