"""Django's registration of this app."""

from django.apps import AppConfig


class TransactionalConfig(AppConfig):
    name = "mailflatrate.apps.transactional"
    label = "transactional"
