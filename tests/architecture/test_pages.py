"""The pages that `make docs` makes are complete."""

from architecture import attacks_page, rules_page, schema_page
from mailflatrate.rules.gate.judge import all_rules


def test_page_of_rules_names_every_rule() -> None:
    page = rules_page.rules_markdown()
    assert [key for key in all_rules() if f"`{key}`" not in page] == []


def test_page_of_the_schema_has_a_picture_and_every_table() -> None:
    from django.apps import apps

    page = schema_page.page()
    assert page.count("erDiagram") > 10
    ours = [model for model in apps.get_models() if model.__module__.startswith("mailflatrate.apps.")]
    assert [model._meta.db_table for model in ours if f"`{model._meta.db_table}`" not in page] == []


def test_page_of_attacks_names_every_file_with_what_it_attacks() -> None:
    page = attacks_page.page()
    files = attacks_page.hostile_tests()
    assert [path.name for path in files if f"`{path.name}`" not in page] == []
    assert "\nNone\n" not in page, "a file of tests/security has no docstring"
