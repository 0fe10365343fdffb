"""Settings for the connections to PostgreSQL."""

from typing import Annotated

from pydantic import Field

from mailflatrate.settings.section import Positive, Section


class DatabaseSettings(Section):
    database_url: str | None = Field(
        None,
        description="PostgreSQL URL of the database's owner, used only by `migrate`. With several hosts "
        "(`host1:5432,host2:5432`) the one that accepts writes is used. If neither this nor "
        "MAILFLATRATE_APP_DATABASE_URL is set, the embedded server in the data folder is used.",
    )
    app_database_url: str | None = Field(
        None,
        description="PostgreSQL URL of the application role `mailflatrate_app`, the only one services need. `migrate` "
        "gives the role the password in it. Default: derived from DATABASE_URL.",
    )
    pooler_database_url: str | None = Field(
        None,
        description="PostgreSQL URL of a pooler in transaction mode, such as PgBouncer, for the application role. Only "
        "web processes use it. All others need connections of their own, directly to the server.",
    )
    database_connect_seconds: Annotated[int, Field(ge=2)] = Field(
        3,
        description="Seconds that connecting to one database host may take. With several hosts, each gets this long.",
    )
    database_silence_seconds: Annotated[int, Field(ge=2)] = Field(
        8,
        description="Seconds without a response after which a database host counts as down (TCP user timeout).",
    )
    database_call_seconds: Positive = Field(
        20, description="Seconds a sender waits for one transaction before it drops the connection and tries again."
    )
    database_statement_seconds: Positive = Field(
        60,
        description="Seconds a statement, or an idle transaction, may take in web, sender and inbound processes.",
    )
    database_job_seconds: Positive = Field(
        3600,
        description="Seconds a statement, or an idle transaction, may take in workers and commands, which import, plan "
        "and verify.",
    )
    worker_database_connections: Positive = Field(
        2,
        description="Database connections shared by the jobs of one worker process. A job holds one only during a "
        "transaction. The worker has one more for the queue.",
    )
