"""Django's registration of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "mailflatrate.apps.accounts"
    label = "accounts"
