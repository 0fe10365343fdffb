"""Reads of the abuse desk: the queue, one case with everything, search, figures. All but `questions` run inside
`tenancy.platform(...)`.
"""
