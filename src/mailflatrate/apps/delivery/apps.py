"""Django's registration of this app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Register the segment conditions about earlier campaigns."""
        from mailflatrate.apps.delivery.audience import register  # models are not loaded until then

        register()
