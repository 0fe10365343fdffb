"""The certificate of one subscription (R-29, R-30): `build` collects it, `pdf` prints it, `pack` bundles all files.

`rules.proof.certificate` verifies one from the file alone.
"""
