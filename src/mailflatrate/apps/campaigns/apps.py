"""Django's registration of this app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "mailflatrate.apps.campaigns"
    label = "campaigns"
