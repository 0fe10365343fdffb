"""Count the source, a line per measure: `make size`. What a measure may be at most or at least stands beside it."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE, TESTS = ROOT / "src", ROOT / "tests"
MOST_FILES_IN_A_FOLDER = 25
FREE_FOLDERS = ("checks", "migrations")
"""Folders with one module per item, which are read one at a time."""
LIMITS = {
    "lines of Python": (0, 170_000),
    "modules": (0, 1_500),
    "carriers": (0, 750),
    "function bodies, %": (38, 100),
    "docstrings, %": (0, 6.5),
    "lines of templates": (0, 26_000),
    "lines of tests": (0, 96_000),
    "crowded folders": (0, 0),
}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> int:
    """Print the measures; return 1 if one is out of its limits and `--strict` was given."""
    measured = measures()
    for name, value in measured.items():
        least, most = LIMITS[name]
        state = "" if least <= value <= most else f"  (aim: {f'at least {least}' if least else f'at most {most:,}'})"
        print(f"{name:24}{value:>10,}{state}")
    for folder, count in crowded_folders():
        print(f"  {count} files in {folder.relative_to(ROOT)}")
    within = all(LIMITS[name][0] <= value <= LIMITS[name][1] for name, value in measured.items())
    return 0 if within or "--strict" not in sys.argv else 1


def measures() -> dict[str, float]:
    modules = list(SOURCE.rglob("*.py"))
    kinds: Counter[str] = Counter()
    carriers = 0
    for path in modules:
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        kinds.update(line_kinds(text, tree))
        carriers += sum(is_carrier(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    lines = kinds.total()
    return {
        "lines of Python": lines,
        "modules": len(modules),
        "carriers": carriers,
        "function bodies, %": round(100 * kinds["body"] / lines, 1),
        "docstrings, %": round(100 * kinds["docstring"] / lines, 1),
        "lines of templates": _lines(SOURCE.rglob("*.html")),
        "lines of tests": _lines(TESTS.rglob("*.py")),
        "crowded folders": len(crowded_folders()),
    }


def line_kinds(text: str, tree: ast.Module) -> list[str]:
    """Return what each line is: blank, docstring, body (of a function, its comments included) or other."""
    lines = text.splitlines()
    kinds = ["other"] * len(lines)
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            for number in range(node.body[0].lineno - 1, node.end_lineno or 0):
                kinds[number] = "body"
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):  # of a function in another one
            decorators = min((each.lineno for each in node.decorator_list), default=node.lineno)
            for number in range(decorators - 1, node.body[0].lineno - 1):
                kinds[number] = "other"
    for text_node in docstrings(tree):
        for number in range(text_node.lineno - 1, text_node.end_lineno or 0):
            kinds[number] = "docstring"
    return [
        "blank" if not line.strip() and kind != "docstring" else kind for line, kind in zip(lines, kinds, strict=True)
    ]


def docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        if isinstance(node, (ast.Module, ast.ClassDef, *FUNCTIONS)) and (first := _text(body[0])):
            yield first
        for before, after in pairwise(body):
            if isinstance(before, ast.Assign | ast.AnnAssign) and (text := _text(after)):
                yield text


def _text(node: ast.AST) -> ast.Constant | None:
    value = node.value if isinstance(node, ast.Expr) else None
    return value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def is_carrier(node: ast.ClassDef) -> bool:
    """Return whether a class has annotated fields and at most one method."""
    fields = sum(isinstance(each, ast.AnnAssign) for each in node.body)
    return fields > 0 and sum(isinstance(each, FUNCTIONS) for each in node.body) <= 1


def crowded_folders() -> list[tuple[Path, int]]:
    """Return the folders of modules with more files than one can look through, the fullest first."""
    counts = Counter(path.parent for path in SOURCE.rglob("*.py") if path.parent.name not in FREE_FOLDERS)
    return [(folder, count) for folder, count in counts.most_common() if count > MOST_FILES_IN_A_FOLDER]


def _lines(paths: Iterator[Path]) -> int:
    return sum(path.read_text(encoding="utf-8").count("\n") for path in paths if "node_modules" not in path.parts)


if __name__ == "__main__":
    sys.exit(main())
