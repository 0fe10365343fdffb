"""The email systems that customers come from: the form of their exports, and where the proof of consent is in them.

`profiles/` holds one readable file per system. `profile` loads and checks them, and recognizes the system of a table.
"""
