"""The list of running worker processes and the queues that each of them serves.

A worker writes one row when it begins (`job_queue.register_worker`). Its heartbeat is Procrastinate's own, and the row
is deleted with the worker's: when the process ends, or seconds after it was killed. So nothing here is written
repeatedly.
"""
