"""The email systems that customers come from: how their exports look, and where the proof of consent is in them.

`profiles/` holds one readable file a system. `profile` loads and checks them, and recognizes the system of a table.
"""
