"""Columns without a value in the whole table become no fields; a value far down is enough to keep one."""

from mailflatrate.apps.intake.reading.column_survey import FULLY_READ_ROWS, SURVEY_ROWS, survey_rows
from mailflatrate.apps.intake.reading.columns import suggest_mapping

HEADER = ["Email Address", "Address", "Phone", "Shoe size"]


def suggested(cells: dict[int, str], rows: int) -> set[str]:
    """The titles that are kept if the column Phone has these cells by row."""
    table = [(at, [f"p{at}@lindenhof.example", " ", cells.get(at, ""), "42"], None) for at in range(rows)]
    return set(suggest_mapping(HEADER, survey_rows(HEADER, table).profiles).values())


def test_an_empty_column_becomes_no_field() -> None:
    assert suggested({}, 3) == {"Email Address", "Shoe size"}


def test_one_value_keeps_a_column_wherever_it_is() -> None:
    for at in (0, 2, FULLY_READ_ROWS + 5):
        assert "Phone" in suggested({at: "+49 431 123"}, FULLY_READ_ROWS + 10)


def test_a_table_too_long_to_be_read_first_keeps_its_columns() -> None:
    """A value may be below the rows that are read before the start."""
    assert {"Address", "Phone"} <= suggested({}, SURVEY_ROWS + 2)
