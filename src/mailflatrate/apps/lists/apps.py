"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ListsConfig(AppConfig):
    name = "mailflatrate.apps.lists"
    label = "lists"

    def ready(self) -> None:
        """Import all apps' modules in which conditions and bulk actions are registered."""
        autodiscover_modules("segments", "event_segments", "bulk_steps")
