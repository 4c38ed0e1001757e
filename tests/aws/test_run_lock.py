"""The run lock: one run at a time, a lease that ends by itself, taken over by force."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from aws.conftest import BUCKET
from runner.emr import layout
from runner.emr.run_lock import LEASE, Holder, RunLock, may_take, parse_holder
from runner.emulator.server import Emulator
from runner.errors import RunLocked

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
OTHERS = Holder("run1", "ada@desk", 1, (NOW + LEASE).isoformat())


@pytest.mark.parametrize(
    ("held", "run", "later", "force", "may"),
    [
        (None, "run2", 0, False, True),
        (OTHERS, "run2", 0, False, False),
        (OTHERS, "run2", 0, True, True),
        (OTHERS, "run1", 0, False, True),  # EMR starts a run's job again
        (OTHERS, "run2", LEASE.seconds - 1, False, False),
        (OTHERS, "run2", LEASE.seconds, False, True),
    ],
)
def test_who_may_take_it(held: Holder | None, run: str, later: int, force: bool, may: bool) -> None:
    assert may_take(held, run, NOW + timedelta(seconds=later), force=force) is may


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{}", b"[]", b'{"run": "a", "owner": "b", "attempt": 1, "expires_at": "?"}'),
        b'{"run": "a", "owner": "b", "attempt": 1, "expires_at": "2026-01-02T03:04:05"}',  # of which zone?
    ],
)
def test_a_lock_that_cannot_be_read_binds_nobody(text: bytes) -> None:
    assert parse_holder(text) is None


@pytest.fixture
def s3(aws: Emulator) -> Any:
    client = aws.client("s3")
    yield client
    client.delete_object(Bucket=BUCKET, Key=layout.lock("dev"))


def lock_of(s3: Any, run: str) -> RunLock:
    return RunLock(s3, BUCKET, "dev", Holder(run, f"{run}@desk", 1, ""))


def test_two_runs(s3: Any) -> None:
    first, second = lock_of(s3, "run1"), lock_of(s3, "run2")
    first.take(NOW)
    with pytest.raises(RunLocked, match="run run1 of run1@desk, until 2026-01-02T03:07:05") as refused:
        second.take(NOW)
    assert "--force" in refused.value.fix
    assert refused.value.exit_code == 3
    assert first.renew(NOW)
    first.release()
    second.take(NOW)
    second.release()
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="locks/")["KeyCount"] == 0


def test_by_force_the_first_notices_and_leaves_the_other_s_lock(s3: Any) -> None:
    first, second = lock_of(s3, "run1"), lock_of(s3, "run2")
    first.take(NOW)
    second.take(NOW, force=True)
    assert not first.renew(NOW)
    assert not first.is_held
    first.release()
    assert second.renew(NOW)


def test_a_dead_run_s_lease_ends_and_its_own_retry_goes_on(s3: Any) -> None:
    lock_of(s3, "run1").take(NOW)
    again = lock_of(s3, "run1")
    again.take(NOW)
    lock_of(s3, "run2").take(NOW + LEASE + LEASE)
    assert not again.renew(NOW)


def test_a_renewal_whose_answer_is_lost_is_a_renewal(s3: Any) -> None:
    """S3 took it, the answer did not arrive, and botocore's own second try no longer matches."""
    lock = lock_of(s3, "run1")
    lock.take(NOW)
    lock_of(s3, "run1")._write(NOW, {})  # the same bytes but for the lease: another ETag
    assert lock.renew(NOW + LEASE)
    held = parse_holder(s3.get_object(Bucket=BUCKET, Key=layout.lock("dev"))["Body"].read())
    assert held is not None
    assert held.expires_at == (NOW + LEASE + LEASE).isoformat()
    lock_of(s3, "run1")._write(NOW, {})
    lock.release()
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="locks/")["KeyCount"] == 0


def test_another_attempt_of_the_same_run_has_taken_it_over(s3: Any) -> None:
    lock = lock_of(s3, "run1")
    lock.take(NOW)
    RunLock(s3, BUCKET, "dev", Holder("run1", "run1@desk", 2, "")).take(NOW)
    assert not lock.renew(NOW)


def test_who_is_quicker_between_look_and_write_wins(s3: Any) -> None:
    first, second = lock_of(s3, "run1"), lock_of(s3, "run2")
    read = second._read

    def read_then_lose() -> Any:
        seen = read()
        if not first.is_held:
            first.take(NOW)
        return seen

    second._read = read_then_lose  # type: ignore[method-assign]
    with pytest.raises(RunLocked, match="run1"):
        second.take(NOW)
