"""Files on their way to lists: declared origins, imports, moves from other systems, files of suppressions.

In: files and what customers say about them. Kept: the file's figures, what was refused, who decided. Out: consents.
`reading` has files and columns, `judging` what becomes of a row, `dry_runs` the answer before anything is written,
`fetching` other systems, `moves` several files together; `runner` and `slices` write.
"""
