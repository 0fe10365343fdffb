"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ListsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.lists"
    label = "lists"

    def ready(self) -> None:
        """Import the modules `segments` of all apps: later stages register their conditions in them."""
        autodiscover_modules("segments")
