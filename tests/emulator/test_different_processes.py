"""Real processes whose workers have different data: each computes on its own, and the books are the same."""

import asyncio

import numpy as np
import pytest

from sddeverify import objectives
from sddeverify.emulator.policies import Asynchronous, create
from sddeverify.emulator.pool import await_ready, close_pool, start_pool
from sddeverify.emulator.processes import record
from sddeverify.emulator.task import Task
from sddeverify.emulator.worker import generators
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.objectives import Mean, build


def halves(counts=(1, 2)):
    whole = build("ridge", {})
    parts = [build("ridge", {"labels": [0, 2]}), build("ridge", {"labels": [1, 3]})]
    return Mean(whole, parts, counts)


async def gradients(task, workers, iterate):
    """Return the first gradient of each of these real workers."""
    pool = []
    try:
        pool += await start_pool(workers)
        for worker in pool:
            worker.set_up(task, 0)
        await await_ready(pool)
        for worker in pool:
            worker.compute(0, iterate)
        return [(await worker.answer()).vector() for worker in pool]
    finally:
        await close_pool(pool)


@pytest.mark.parametrize("rule", [Asynchronous(), create("dpsgd", {"steps": 2, "threads": 1}, 3)])
def test_every_process_computes_on_its_own_data(rule):
    mean = halves()
    task = Task(mean, 7, 3, None, mean).with_batch_size(20).equipped(rule, 0.1)
    iterate = np.linspace(-1, 1, mean.dimension)
    found = asyncio.run(gradients(task, 3, iterate))
    for index, part in enumerate([mean.parts[0], mean.parts[1], mean.parts[1]]):
        alone = Task(part, 7, 3, None, part).with_batch_size(20).equipped(rule, 0.1)
        _, random = generators(7, index, 0)
        assert np.array_equal(found[index], alone.computed.gradient(iterate, random))


@pytest.mark.parametrize("policy", ["asynchronous", "rescaled_asgd", "k_sync"])
def test_the_books_balance_and_the_mean_is_minimised(tmp_path, policy):
    mean = halves()
    recording = record(
        workers=3, seconds=0.4, out=tmp_path / "trace.csv", objective=mean, policy=policy, batch_size=50,
        learning_rate=0.02,
    )  # fmt: skip
    ledger, audit = recording.ledger, recording.audit
    # Gradients that wait for the rest of their batch have a row, and are outstanding.
    assert ledger.started == sum(ledger.counts) + ledger.outstanding
    assert len(recording.trace) == ledger.pushed
    if policy != "k_sync":  # U1: nobody is ever idle
        total = audit.applied.versions + audit.unapplied.versions + audit.outstanding.versions
        assert total == 2 * ledger.updates - ledger.absences
    assert ledger.applied > 10
    assert isinstance(recording.objective, Mean)
    assert mean.loss(recording.iterates.iterates[-1]) < mean.loss(mean.initial())


def test_what_does_not_fit_is_refused_before_a_process_starts(tmp_path):
    out = tmp_path / "trace.csv"
    with pytest.raises(InvalidScenario, match=r"objective: 'a mean over 3 workers' .* one over 4"):
        record(workers=4, seconds=1, out=out, objective=halves())
    with pytest.raises(
        UnsupportedScenario, match=r"guided_asynchronous: .* different data \(the member data in pool\)"
    ):
        record(workers=3, seconds=1, out=out, objective=halves(), policy="guided_asynchronous")
    quadratics = [objectives.Quadratic([1]), objectives.Quadratic([2])]
    with pytest.raises(UnsupportedScenario, match="no mini-batches"):
        record(workers=2, seconds=1, out=out, objective=Mean(quadratics[0], quadratics, [1, 1]))
    assert not out.exists()
