"""URLs of the studio."""

from mailflatrate.entrypoints import studio
from mailflatrate.entrypoints.ui.pages import patterns
from mailflatrate.kinds import extension_modules

app_name = "studio"
urlpatterns = patterns(studio, *extension_modules("studio_pages"))
