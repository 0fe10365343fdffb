"""One sender process at work: claim a chunk, ask the gate, compose each message at the last moment, record its result.

Read in this order: `sender` (the process), `chunk` (one chunk from claim to end), `claims` (what is read),
`outcomes` (what is written), `journal` and `recovery` (what survives a crash), `database` (its own connections).
"""
