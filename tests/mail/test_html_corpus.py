"""Every newsletter of the corpus compiles, and each of its links leads where it led."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def _bench() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "bench" / "compile.py"
    spec = importlib.util.spec_from_file_location("bench_compile", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_compile"] = module
    spec.loader.exec_module(module)
    return module


BENCH = _bench()
FOLDER = BENCH.corpus_folder()


@pytest.mark.skipif(FOLDER is None, reason="no corpus of newsletters here (MAILFLATRATE_CORPUS)")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.html")) if FOLDER else [], ids=lambda path: path.stem)
def test_newsletter(path: Path) -> None:
    outcome = BENCH.measure(path, rounds=1)
    assert outcome.wrong_links == 0
