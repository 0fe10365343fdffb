"""Several files that belong together, such as the ZIP of an audience: read with one system's
profile, opt-outs first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mailflatrate.apps.lists.actions.imports import FilePreview, read_head
from mailflatrate.apps.lists.intake.columns import ColumnTarget
from mailflatrate.apps.lists.intake.import_options import BY_ROW
from mailflatrate.apps.lists.intake.table_files import TableFile


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file of a set with its preview."""

    file: TableFile
    head: FilePreview

    @property
    def has_people(self) -> bool:
        """Return True if a column holds email addresses."""
        return ColumnTarget.EMAIL in self.head.mapping


def plan_set(tables: Sequence[TableFile], system: str = "") -> list[PlannedFile]:
    """Preview the tables in the order in which they will be imported: files of people who said no come first.

    Tables without addresses come last. A table whose system can't be recognized is read like the others of the set, if
    those come from one system. Raises ImportProblem.
    """
    planned = [PlannedFile(table, read_head(table.path, file_name=table.name, system=system)) for table in tables]
    known = {plan.head.terms.system for plan in planned} - {""}
    if len(known) == 1:
        common = next(iter(known))
        planned = [
            plan
            if plan.head.terms.system
            else PlannedFile(plan.file, read_head(plan.file.path, file_name=plan.file.name, system=common))
            for plan in planned
        ]
    return sorted(planned, key=lambda plan: (not plan.has_people, plan.head.terms.all_rows in ("", BY_ROW)))
