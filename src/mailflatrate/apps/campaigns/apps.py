"""Django's registration of this app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.campaigns"
    label = "campaigns"
