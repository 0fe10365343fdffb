"""Fuzz one parser by coverage: `python tests/fuzz/run.py TARGET [libFuzzer options]`; needs `pip install atheris`.

New inputs gather in build/fuzz/TARGET, which begins with the kept corpus; `-max_total_time=3600` fuzzes for an hour. A
crash, an undeclared error, ten seconds or a gigabyte for one input end the run and leave the input behind.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mailflatrate.settings.django")
os.environ.setdefault("MAILFLATRATE_DATA_DIR", str(ROOT / "build" / "fuzz" / "data"))

import atheris  # noqa: E402


def main() -> None:
    """Instrument the parsers, then hand over to libFuzzer; it never returns."""
    name = sys.argv[1]
    gathered = ROOT / "build" / "fuzz" / name
    gathered.mkdir(parents=True, exist_ok=True)
    Path(os.environ["MAILFLATRATE_DATA_DIR"], "static").mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=["mailflatrate.mail", "mailflatrate.rules", "mailflatrate.apps.lists"]):
        from fuzz.targets import TARGETS
    target = TARGETS[name]
    options = [
        f"-max_len={target.longest_octets}",
        "-timeout=10",
        "-rss_limit_mb=1024",
        f"-artifact_prefix={gathered}-",
    ]
    corpora = [str(gathered), str(HERE / "corpus" / name)]
    atheris.Setup([sys.argv[0], *options, *sys.argv[2:], *corpora], target.try_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
