"""Django's registration of this app."""

from importlib import import_module

from django.apps import AppConfig

PARTS = (
    "segments.event_builders",
    "forms.segments",
    "forms.bulk_steps",
    "campaigns.segments",
    "delivery.segments",
    "tracking.segments",
    "automations.segments",
    "privacy.bulk_steps",
)
"""What apps contribute to conditions and bulk actions. They are named by path, because imports run one way."""


class SegmentsConfig(AppConfig):
    name = "mailflatrate.apps.segments"
    label = "segments"

    def ready(self) -> None:
        """Every process knows all conditions and bulk actions."""
        for part in PARTS:
            import_module(f"mailflatrate.apps.{part}")
