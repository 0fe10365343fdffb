"""URLs of this area."""

from mailflatrate.entrypoints.web.pages import patterns
from mailflatrate.entrypoints.web.studio.signup import (
    builder,
    compared,
    forms,
    landing,
    person,
    placement,
    poster,
    series,
    stand,
)

urlpatterns = patterns(forms, builder, placement, compared, landing, stand, poster, series, person)
