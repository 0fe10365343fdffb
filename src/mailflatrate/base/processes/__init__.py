"""Running worker processes and the queues they serve. A worker writes its row once, when it begins; the row is deleted
with Procrastinate's own, which has the heartbeat.
"""
