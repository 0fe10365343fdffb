"""The page docs/attacks.md: every attack that the tests carry out, made from them by `make docs`."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
HEAD = """# Attacks

Made from `tests/security/` and `tests/extensions/*/test_hostile_*` by `make docs`: a line for each attack that fails,
by the part that it is aimed at. What remains possible is in [security.md](security.md).
"""


def page() -> str:
    return "\n".join([HEAD, *(line for path in hostile_tests() for line in _part(path))]) + "\n"


def hostile_tests() -> list[Path]:
    """The test files whose tests are attacks."""
    return [*sorted(TESTS.glob("security/test_*.py")), *sorted(TESTS.glob("extensions/*/test_hostile_*.py"))]


def _part(path: Path) -> Iterator[str]:
    module = ast.parse(path.read_text(encoding="utf-8"))
    yield f"## {path.stem.removeprefix('test_').replace('_', ' ').capitalize()}\n"
    yield f"{ast.get_docstring(module)}\n"
    yield f"| attack | test in `{path.name}` |"
    yield "| --- | --- |"
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            sentence = node.name.removeprefix("test_").replace("_", " ").capitalize()
            yield f"| {sentence} | `{node.name}` |"
    yield ""


def main() -> None:
    print(page(), end="")


if __name__ == "__main__":
    main()
