"""German: the catalogue of texts (`LC_MESSAGES/`) and formats of dates (`formats.py`)."""
