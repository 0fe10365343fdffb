"""The certificate of one subscription (R-29, R-30). `rules.proof.certificate` verifies one from the file alone."""
