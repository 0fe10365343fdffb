"""Keep a database of this release for the test of upgrades: `make_database.py tests/release/data/X.Y.sql.gz`.

It is the demonstration's, with an application, a sign-up form, an import of every tenth contact, and a campaign whose
messages were delivered, bounced and reported. What `migrate` fills itself, and what is only large, is left out. Run it
once for each release, with its code: `PYTHONPATH` names it.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS)]

import mailflatrate  # noqa: E402
from mailflatrate.settings.postgres import BINARIES, EmbeddedPostgres  # noqa: E402
from prepared_database import SECRETS  # noqa: E402
from support.demo import running_demo  # noqa: E402

WITHOUT_ROWS = ("role_word", "postbox_message", "procrastinate_*", "worker_process", "stored_chunk", "contact_text")

TENTH = 10


def main(target: Path) -> None:
    """Build the demonstration with the keys of the tests and keep its database."""
    os.environ.pop("DEMO_AT", None)
    with tempfile.TemporaryDirectory(prefix="mailflatrate-release-") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "data"
        os.environ["PYTHONPATH"] = str(smaller(Path(name) / "src"))
        with running_demo(folder, {f"MAILFLATRATE_{name.upper()}": value for name, value in SECRETS.items()}):
            dump = subprocess.run(
                [
                    BINARIES / "pg_dump",
                    "--no-owner",
                    "--dbname",
                    EmbeddedPostgres(folder).url,
                    *(f"--exclude-table-data={each}" for each in WITHOUT_ROWS),
                ],
                check=True,
                capture_output=True,
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(dump.stdout)


def smaller(sources: Path) -> Path:
    """Copy the imported code, with a tenth of the demonstration's contacts, who report less; where it is."""
    shutil.copytree(Path(mailflatrate.__file__).parent, sources / "mailflatrate")
    demo = sources / "mailflatrate" / "entrypoints" / "cli" / "demo"
    head, *lines = (demo / "contacts.csv").read_text().splitlines(keepends=True)
    (demo / "contacts.csv").write_text("".join([head, *lines[::TENTH]]))
    story = (demo / "story.py").read_text()
    expected = "EXPECTED_BACK = {FeedbackKind.HARD_BOUNCE: 1}"
    (demo / "story.py").write_text(re.sub(r"^EXPECTED_BACK = .*$", expected, story, flags=re.MULTILINE))
    return sources


if __name__ == "__main__":
    main(Path(sys.argv[1]))
