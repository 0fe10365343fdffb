"""English of the service: formats of dates (`formats.py`); the texts themselves are in the code."""
