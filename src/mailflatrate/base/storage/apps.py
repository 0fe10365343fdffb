"""Django's registration of the tables of stored files."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    """Registers the tables under their bare name."""

    name = "mailflatrate.base.storage"
    label = "storage"
