"""Django's registration of the tables of stored files."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    """The app configuration, which registers the tables under their bare name."""

    name = "mailflatrate.base.storage"
    label = "storage"
