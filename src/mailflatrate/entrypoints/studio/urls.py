"""URLs of the studio."""

from mailflatrate.entrypoints import studio
from mailflatrate.entrypoints.ui.pages import patterns

app_name = "studio"
urlpatterns = patterns(studio)
