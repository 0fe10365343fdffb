"""The database backend: PostgreSQL's, which after a failover asks the promoted host first."""

from mailflatrate.base.job_database.base import FollowingWrapper as DatabaseWrapper

__all__ = ["DatabaseWrapper"]
