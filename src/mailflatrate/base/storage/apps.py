"""Django's registration of the tables of stored files."""

from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "mailflatrate.base.storage"
    label = "storage"
