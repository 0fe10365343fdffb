"""Django's registration of this app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Segments learn how to ask about earlier mailings."""
        from mailflatrate.apps.delivery.audience import register  # models are not loaded before

        register()
