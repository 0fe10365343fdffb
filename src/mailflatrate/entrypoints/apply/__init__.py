"""Applying for an account: a public page in steps (R-01, R-02). A mailed link proves the address and opens one
application in this browser's session; it does not sign anyone in.
"""
