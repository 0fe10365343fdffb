"""Django's registration of this app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AutomationsConfig(AppConfig):
    name = "mailflatrate.apps.automations"
    label = "automations"

    def ready(self) -> None:
        """Import the module that tells campaigns who can get the message of an automation."""
        autodiscover_modules("entry_audience")
