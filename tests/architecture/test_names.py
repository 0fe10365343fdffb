"""A class name means one thing in the whole code base, and names use the words of the trade."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from architecture.sources import nodes, parsed
from mailflatrate.entrypoints.ui.pages import pages

SOURCES = Path(__file__).parents[2] / "src" / "mailflatrate"

BARE = {
    "Given",
    "Left",
    "Asked",
    "Shown",
    "Found",
    "Tried",
    "Trying",
    "Asking",
    "Leaving",
    "Looking",
    "Choosing",
    "Told",
    "Taken",
    "Written",
    "Counted",
    "Judged",
    "Said",
    "Says",
    "Saved",
    "Sought",
    "Spoken",
    "Wanted",
    "Happened",
    "Happening",
    "Released",
    "Releasing",
    "Erased",
    "Erasing",
    "Uploaded",
    "Added",
    "Filed",
    "Keeping",
    "Starting",
    "Archiving",
}
"""Participles that once were class names and say nothing about what an object is."""


def _places() -> dict[str, list[str]]:
    places: dict[str, list[str]] = defaultdict(list)
    for module in sorted(SOURCES.rglob("*.py")):
        for node in parsed(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{module.relative_to(SOURCES)}:{node.lineno}")
    del places["Migration"]  # the name that Django looks for
    return places


def test_a_class_name_is_used_once() -> None:
    twice = {name: where for name, where in _places().items() if len(where) > 1}
    assert twice == {}


def test_no_class_is_called_by_a_bare_participle() -> None:
    assert {name: where for name, where in _places().items() if name in BARE} == {}


FILLERS = {"found", "each", "one", "known", "said", "shown", "wanted"}
"""They tell when a value came about, not what it is."""


def test_no_variable_is_called_by_a_filler() -> None:
    assert [f"{path}: {name}" for path in SOURCES.rglob("*.py") for name in _fillers(path.read_text())] == []


def test_a_filler_is_found_as_variable_argument_and_target() -> None:
    assert _fillers("def f(known): return [each for each in known]\nfound = 1") == ["known", "each", "found"]
    assert _fillers("class Answer:\n    found: int\n    known = 1\nprint(each)") == []


def _fillers(source: str) -> list[str]:
    """Variables and arguments by a filler's name, in their order; fields are named for who reads them."""
    tree = ast.parse(source)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    fields = {target for body in bodies for line in body for target in _targets(line)}
    names = [
        (node.lineno, node.col_offset, node.arg if isinstance(node, ast.arg) else node.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        if node not in fields
    ]
    return [name for _line, _column, name in sorted(names) if name in FILLERS]


def _targets(line: ast.stmt) -> list[ast.expr]:
    if isinstance(line, ast.Assign):
        return line.targets
    return [line.target] if isinstance(line, ast.AnnAssign) else []


OLD_WORDS = {
    "deed": "activity",
    "deeds": "activity",
    "letter": "message, notice or edition",
    "letters": "messages, notices or editions",
    "look": "check, lookup or preview",
    "looks": "checks, lookups or previews",
    "mend": "fix",
    "past": "former",
    "postbox": "test inbox",
    "quiet": "inactive",
    "silent": "inactive",
    "standing": "account status",
    "told": "reported",
    "trial": "A/B test or test send",
    "trials": "A/B tests or test sends",
}
"""Words that names once used for a thing of the trade, and what the thing is called instead."""

OTHER_MEANING = {
    "sender_name_letters": "letters of the alphabet",
    "letter": "the letter of an A/B test's variant",
}
"""Names that use such a word in its own meaning."""


def _old(name: str) -> bool:
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    up = "look" in parts and "up" in parts  # to look something up is plain English
    return name not in OTHER_MEANING and any(part in OLD_WORDS for part in parts if not (up and part == "look"))


def test_a_module_is_named_in_the_words_of_the_trade() -> None:
    assert [path for path in sorted(SOURCES.rglob("*.py")) if _old(path.stem)] == []


def test_functions_and_classes_get_no_old_words() -> None:
    found = {
        node.name
        for module in sorted(SOURCES.rglob("*.py"))
        for node in nodes(module.read_text(encoding="utf-8"))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if not node.name.startswith("_") and _old(node.name)
    }
    assert found == set()


def test_templates_and_url_names_get_no_old_words() -> None:
    templates = {part for path in SOURCES.rglob("templates/**/*.*") for part in path.with_suffix("").parts}
    names = {name.rpartition(":")[2] for name in pages()}
    assert len(templates) > 100 and len(names) > 100
    assert {name for name in templates | names if _old(name.replace("-", "_"))} == set()


def test_fields_of_models_get_no_old_words() -> None:
    fields = {
        f"{node.name}.{field.targets[0].id}"
        for module in sorted(SOURCES.rglob("models*/**/*.py")) + sorted(SOURCES.rglob("models.py"))
        for node in nodes(module.read_text(encoding="utf-8"))
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.Assign) and isinstance(field.targets[0], ast.Name)
    }
    assert len(fields) > 300
    assert {field for field in fields if _old(field.rpartition(".")[2])} == set()


def test_an_old_word_is_found_and_a_plain_one_is_not() -> None:
    assert all(map(_old, ["look_at_page", "TrialView", "sample_letter", "quiet_people", "standing"]))
    assert not any(map(_old, ["look_up_suppression", "RecordLookup", "outlook_message", "check_record", "overlook"]))
