"""URLs of this area."""

from mailflatrate.entrypoints.studio.signup import (
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
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = patterns(forms, builder, placement, compared, landing, stand, poster, series, person)
