"""German: the catalog of texts (`LC_MESSAGES/`) and formats of dates (`formats.py`)."""
