"""How a consent is proved, online and offline; read `record`, `merkle`, `stamps`, `certificate`. No database: a
verifier who trusts no one can read these four files and write their own.
"""
