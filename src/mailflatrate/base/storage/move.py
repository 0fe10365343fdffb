"""Moving files from one backend to another, one at a time: copied, read back, compared, and only then deleted."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mailflatrate.base.storage.files import scratch_file
from mailflatrate.base.storage.interface import OWN_ACCOUNT, Backend, ListedFile, NotStored, StorageFailed


class MoveResult(StrEnum):
    MOVED = "moved"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class MovedFile:
    account_id: int
    name: str
    octets: int
    result: MoveResult


def move_files(source: Backend, target: Backend) -> Iterator[MovedFile]:
    """Can be stopped and restarted at any moment. Raises StorageFailed, with the file still in the source. The
    installation's own files stay, because a restore reads a bucket's withdrawals log from there.
    """
    for listed in list(files_of_accounts(source)):
        yield _move(listed, source, target)


def files_of_accounts(backend: Backend) -> Iterator[ListedFile]:
    return (listed for listed in backend.list_files() if listed.account_id != OWN_ACCOUNT)


def _move(listed: ListedFile, source: Backend, target: Backend) -> MovedFile:
    account_id, name = listed.account_id, listed.name
    with scratch_file() as file:
        try:
            source.read_into(account_id, name, file.write)
        except NotStored:
            return MovedFile(account_id, name, 0, MoveResult.GONE)
        file.seek(0)
        stored = target.put(account_id, name, file.read)
    digest = hashlib.sha256()
    target.read_into(account_id, name, digest.update)
    if digest.hexdigest() != stored.sha256:
        target.delete(account_id, name)
        raise StorageFailed(
            f"{account_id}/{name} has different content from what was written, so the original was kept"
        )
    if not source.exists(account_id, name):  # deleted while it was copied: that counts for the copy, too
        target.delete(account_id, name)
        return MovedFile(account_id, name, 0, MoveResult.GONE)
    source.delete(account_id, name)
    return MovedFile(account_id, name, stored.octets, MoveResult.MOVED)
