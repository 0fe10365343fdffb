"""Django's registration of this app."""

from django.apps import AppConfig


class TransactionalConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.transactional"
    label = "transactional"
