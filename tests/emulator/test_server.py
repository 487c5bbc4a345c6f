"""The server by itself: what each event does to the iterate, the books and the rows."""

import numpy as np
import pytest

from sddeverify.emulator.clock import Ticks
from sddeverify.emulator.ledger import ConservationViolated, Outcome
from sddeverify.emulator.path import Thinned
from sddeverify.emulator.policies import Asynchronous
from sddeverify.emulator.policies.k_sync import KSync
from sddeverify.emulator.policies.round_robin import RoundRobin
from sddeverify.emulator.server import Server
from sddeverify.emulator.trace_writer import Columns
from sddeverify.scenario import PolicySpec
from tests.emulator import pools


def make(policy=None, workers=3):
    return Server(np.zeros(1), 0.5, policy or Asynchronous(), workers, Ticks(1.0), Columns(), Thinned())


def rows(server):
    columns = server.rows.arrays()
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_asynchronous_by_hand():
    server = make()
    first = server.start(0).start
    assert [(job.worker, job.id, job.version, job.read_time) for job in first] == [
        (0, 0, 0, 0),
        (1, 1, 0, 0),
        (2, 2, 0, 0),
    ]
    orders = server.push(1, 1, np.array([2.0]), 10, now=4)
    assert server.iterate == -1.0
    (job,) = orders.start
    assert (job.id, job.worker, job.version, job.read_time, job.samples_read) == (3, 1, 1, 4, 10)
    assert job.iterate is server.iterate
    server.push(0, 0, np.array([4.0]), 10, now=5)
    assert server.iterate == -3.0
    server.push(1, 3, np.array([0.0]), 10, now=9)
    assert rows(server) == [(1, 0.0, 4.0, 0, 0), (0, 0.0, 5.0, 0, 1), (1, 4.0, 9.0, 1, 2)]
    ledger = server.ledger
    assert ledger.mean_staleness == 2 / 3
    assert ledger.mean_staleness_ticks == (4 + 5 + 5) / 3
    assert ledger.mean_staleness_samples == (0 + 10 + 10) / 3
    audit = server.audit()
    # In flight: worker 0 read version 2 at 5, worker 1 version 3 at 9, worker 2 version 0 at 0.
    assert audit.outstanding.versions == 1 + 0 + 3
    assert audit.outstanding.ticks == 4 + 0 + 9
    assert audit.outstanding.samples == 10 + 0 + 30
    assert audit.total.versions == audit.pool == 2 * 3
    assert audit.total.ticks == 3 * 9


def test_a_gradient_counts_once():
    server = make()
    server.start(0)
    server.push(0, 0, np.array([1.0]), 1, now=1)
    for _ in range(2):
        orders = server.push(0, 0, np.array([1.0]), 1, now=2)  # the same again
        assert orders == ([], [])
    server.push(2, 77, np.array([1.0]), 1, now=2)  # never handed out
    assert server.ledger.duplicates == 3
    assert server.version == 1
    assert len(rows(server)) == 1
    server.audit()


def test_a_dead_worker_loses_its_gradient_and_reads_again_when_replaced():
    server = make()
    server.start(0)
    server.push(0, 0, np.array([1.0]), 1, now=1)
    lost = server.lose(1, now=2)
    assert lost.id == 1
    server.push(2, 2, np.array([1.0]), 1, now=3)
    server.push(1, 1, np.array([1.0]), 1, now=3)  # too late: written off
    assert server.ledger.duplicates == 1
    (job,) = server.join(1, now=5).start
    assert (job.worker, job.version) == (1, 2)
    assert server.join(1, now=5).start == []  # once is enough
    server.push(0, 3, np.array([1.0]), 1, now=6)
    assert server.ledger.counts[Outcome.LOST] == 1
    assert server.ledger.absences == 1  # one update was made while it was away
    audit = server.audit()
    assert audit.unapplied.versions == 1  # its age when it was lost
    assert audit.pool == 2 * 3 - 1 == audit.total.versions
    assert audit.total.ticks == 3 * 6 - (5 - 2)  # nobody computed for worker 1 from 2 to 5


def test_a_worker_may_die_twice_before_it_is_back():
    server = make()
    server.start(0)
    assert server.lose(1, now=1) is not None
    assert server.lose(1, now=2) is None
    server.join(1, now=3)
    server.audit()


def test_rows_stay_in_the_order_of_pushes():
    server = make(RoundRobin())
    server.start(0)
    server.push(1, 1, np.array([1.0]), 1, now=1)
    server.push(2, 2, np.array([1.0]), 1, now=2)
    assert rows(server) == []
    assert list(server.held_rows()) == [(1, 0.0, 1.0, 0, -1), (2, 0.0, 2.0, 0, -1)]
    server.push(0, 0, np.array([1.0]), 1, now=3)  # its turn: all three are applied, 0 first
    assert rows(server) == [(1, 0.0, 1.0, 0, 1), (2, 0.0, 2.0, 0, 2), (0, 0.0, 3.0, 0, 0)]
    assert list(server.held_rows()) == []
    server.audit()


def test_gradients_combine_as_the_policy_says():
    server = make(pools.KBatchAsync(2))
    server.start(0)
    server.push(0, 0, np.array([4.0]), 1, now=1)
    assert server.iterate == 0
    server.push(1, 1, np.array([8.0]), 1, now=1)
    assert server.iterate == -0.5 * (0.5 * 4 + 0.5 * 8) / 2
    assert server.version == 1


def test_cancelled_gradients_are_cancelled():
    server = make(KSync(2))
    server.start(0)
    server.push(0, 0, np.array([4.0]), 1, now=1)
    orders = server.push(1, 1, np.array([8.0]), 1, now=2)
    assert orders.cancel == [2]
    assert [job.worker for job in orders.start] == [0, 1, 2]
    assert {job.version for job in orders.start} == {1}
    server.push(2, 2, np.array([1.0]), 1, now=3)
    assert server.ledger.duplicates == 1
    assert server.ledger.counts[Outcome.CANCELLED] == 1
    server.audit()


def test_reading_twice_is_an_error_of_the_policy():
    class Greedy(Asynchronous):
        def readers(self, server, worker, *, updated):
            return (0, 1)

    server = make(Greedy())
    server.start(0)
    with pytest.raises(RuntimeError, match="worker 1 read while it computes"):
        server.push(0, 0, np.array([1.0]), 1, now=1)


# Each way of losing track of a gradient, and the identity that notices.
FRAUDS = {
    "a gradient vanishes": (lambda server: server.in_flight.pop(0), "gradients"),
    "a gradient appears": (lambda server: server.in_flight.update({9: server.in_flight[0]}), "gradients"),
    "an age is miscounted": (lambda server: setattr(server.ledger.ages[0], "versions", 7), "versions"),
    "time is miscounted": (lambda server: setattr(server.ledger.ages[0], "ticks", 7), "ticks"),
    "samples are miscounted": (lambda server: setattr(server.ledger.ages[0], "samples", 7), "samples"),
    "an update is doubled": (lambda server: server.ledger.update(1, 0), "versions"),
    "an update is forgotten": (lambda server: setattr(server.ledger, "updates", 1), "versions"),
    "an absence is forgotten": (lambda server: setattr(server.ledger, "absences", 0), "over the pool"),
    "a read time is forged": (
        lambda server: server.in_flight.update({0: server.in_flight[0]._replace(read_time=0)}),
        "ticks",
    ),
}


@pytest.mark.parametrize("fraud", FRAUDS)
def test_the_audit_notices(fraud):
    server = make()
    server.start(0)
    server.lose(2, now=1)
    server.push(0, 0, np.array([1.0]), 5, now=4)
    server.push(1, 1, np.array([1.0]), 5, now=6)
    server.audit()
    tamper, words = FRAUDS[fraud]
    tamper(server)
    with pytest.raises(ConservationViolated, match=f"does not balance in .*{words}"):
        server.audit()


@pytest.mark.parametrize("law", pools.LAWS)
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_conservation_for_every_law(law, workers):
    """U1: K-batch-async (asynchronous: K = 1) gives (P - 1) J, K-async (P - K) J, exactly, for any law."""
    k = min(3, workers)
    expected = {"asynchronous": workers - 1, "k_batch_async": workers - 1, "k_async": workers - k, "k_sync": 0}
    for policy, each in expected.items():
        spec = PolicySpec(policy, {} if policy == "asynchronous" else {"k": k})
        run = pools.emulation(spec, law, workers=workers).run(arrivals=200).result()
        total = run.audit.applied.versions + run.audit.outstanding.versions
        assert total == each * run.ledger.updates
        # The same from the trace and the jobs in flight, without the ledger's sums.
        assert int(run.trace.staleness.sum()) == run.audit.applied.versions
        if policy == "asynchronous":  # nobody waits and nothing is buffered: P gradients are in flight at any time
            assert run.audit.total.ticks == workers * run.ledger.now
