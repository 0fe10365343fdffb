"""Applying for an account: a public page in steps, saved as it goes (R-01, R-02).

The applicant first proves their address with a link that also brings them back later. The link opens one
application in this browser's session and does nothing else: it does not sign anyone in.
"""
