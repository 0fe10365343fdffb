"""Every write of this app; one transaction each.

`proof` hands out certificates, `requests` accepts data requests and carries them out, `address_change` changes an
address, `erasure` erases, `retention` deletes what is past its period (R-95).
"""
