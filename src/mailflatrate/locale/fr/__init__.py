"""French: the catalog of what recipients read (`LC_MESSAGES/`) and formats of dates (`formats.py`)."""
