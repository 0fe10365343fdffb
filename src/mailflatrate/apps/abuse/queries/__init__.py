"""Reads of the abuse desk: the queue, a full case, search, figures. All but `questions` run inside
`tenancy.platform(...)`.
"""
