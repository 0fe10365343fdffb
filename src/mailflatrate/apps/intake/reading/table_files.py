"""The tables of several files, including those inside a ZIP."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailflatrate.apps.intake.reading.archive import ArchiveRefused, is_archive, unpacked
from mailflatrate.apps.intake.reading.file_tables import archive_problem


@dataclass(frozen=True, slots=True)
class TableFile:
    """Its uploaded name may state everyone's status. `archive`: name of its ZIP."""

    name: str
    path: Path
    archive: str = ""


@contextmanager
def tables_in(
    files: Sequence[Path], names: Sequence[str] = (), folder: Path | None = None
) -> Iterator[list[TableFile]]:
    """`names`: the originals; `folder`: where a ZIP is unpacked. Raises ImportProblem."""
    with ExitStack() as held:
        table_files: list[TableFile] = []
        for path, name in zip(files, names or [path.name for path in files], strict=True):
            if not is_archive(path):
                table_files.append(TableFile(name, path))
                continue
            try:
                tables = held.enter_context(unpacked(path, folder))
            except ArchiveRefused as error:
                raise archive_problem(error) from error
            table_files += [TableFile(table, place, name) for table, place in tables]
        yield table_files
