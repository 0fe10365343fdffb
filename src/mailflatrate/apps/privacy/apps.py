"""Django's registration of this app."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "mailflatrate.apps.privacy"
    label = "privacy"

    def ready(self) -> None:
        """Have every process journal the withdrawals that it commits (ADR 0095)."""
        from mailflatrate.apps.privacy.withdrawals import journal

        journal.receive_withdrawals()
