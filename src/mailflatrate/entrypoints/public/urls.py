"""URLs used in messages. `links.LinkKind` defines their first segment."""

from mailflatrate.entrypoints import public
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = patterns(public)
