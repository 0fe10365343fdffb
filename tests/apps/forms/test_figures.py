"""The share of a form's views that became subscribers."""

from mailflatrate.apps.forms.figures import PlacementFigures


def test_more_confirmations_than_views_are_everyone() -> None:
    """Browsers without JavaScript report no view, and still sign up."""
    assert PlacementFigures("hosted", 2, 2, 5, 5).percent == 100
