"""The kept fuzz corpus goes through every parser in every run: no undeclared error, no input that takes long."""

import time
from pathlib import Path

import pytest

from fuzz.targets import TARGETS

CORPUS = Path(__file__).parent.parent / "fuzz" / "corpus"
MOST_SECONDS = 5.0
"""For all inputs of one parser together, in processor time; they take well under one."""


def inputs(name: str) -> list[Path]:
    return sorted((CORPUS / name).iterdir())


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_the_kept_inputs_end_quickly_and_without_an_undeclared_error(name: str) -> None:
    began = time.process_time()
    for path in inputs(name):
        TARGETS[name].try_input(path.read_bytes())
    assert time.process_time() - began < MOST_SECONDS


def test_every_parser_has_a_corpus_and_every_corpus_a_parser() -> None:
    assert {path.name for path in CORPUS.iterdir()} == set(TARGETS)
    assert all(inputs(name) for name in TARGETS)
