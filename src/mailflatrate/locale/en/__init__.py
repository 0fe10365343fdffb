"""English of the service: formats of dates (`formats.py`); the texts themselves stand in the code."""
