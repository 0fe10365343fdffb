"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ListsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.lists"
    label = "lists"

    def ready(self) -> None:
        """Import the modules of all apps in which conditions and bulk actions of their own are registered."""
        autodiscover_modules("segments", "event_segments", "bulk_steps")
