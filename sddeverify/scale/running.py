"""Carry out a plan: here, on the cores of this machine, or on a Dask cluster."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from typing import TYPE_CHECKING, Any, cast

from sddeverify.errors import MissingExtra, SddeverifyError, invalid
from sddeverify.exact import integer
from sddeverify.scale.work import work

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from sddeverify.scale.folder import Results
    from sddeverify.scale.plan import Task

_DEATHS = 10  # of workers that one task may survive: a machine that is short of memory kills many
_GONE = ("cancelled", "lost")  # what Dask says of the tasks of a scheduler that has ended
_PATIENCE = 10  # s, until a scheduler answers and has a worker


class Unfinished(SddeverifyError):
    """Some tasks failed again and again; all others are done, and a later run does only these."""


def run(
    results: Results,
    *,
    jobs: int = 1,
    cluster: str | None = None,
    retries: int = 2,
    progress: Callable[[int], None] | None = None,
    on_start: Callable[[Any], None] | None = None,
) -> None:
    """Do what is not done yet; every result is kept at once.

    A task whose worker dies is done by another one. The results are the same for any number of workers.

    Args:
        results: The plan, and the results that there are already.
        jobs: Number of processes on this machine; 1 computes in this process.
        cluster: Address of the scheduler of a Dask cluster, such as ``tcp://10.0.0.1:8786``, used instead.
        retries: How many times a task that fails for no reason of its own is tried again.
        progress: Called with the number of finished tasks.
        on_start: Called with the client once a cluster is there.

    Raises:
        Unfinished: if tasks failed more often than that.
        InvalidScenario: for a cluster that cannot be reached, or numbers out of range.
        MissingExtra: if Dask distributed is needed and not installed.
    """
    integer(jobs, "jobs", 1, 10_000)
    integer(retries, "retries", 0, 1000)
    left = [task for task in results.plan.tasks if task.key not in results.rows]
    if progress is not None:
        progress(len(results.rows))
    if not left:
        return
    if jobs == 1 and cluster is None:
        outcomes = _here(results, left, retries)
    else:
        outcomes = _on_cluster(results, left, jobs, cluster, retries, on_start)
    failures: list[str] = []
    with contextlib.closing(outcomes):
        for task, outcome in outcomes:
            if isinstance(outcome, BaseException):
                said = " ".join(str(outcome).split())  # without line ends
                failures.append(f"{task.key}: {type(outcome).__name__}: {said}")
            else:
                results.add(task.key, outcome)
                if progress is not None:
                    progress(len(results.rows))
    if failures:
        raise Unfinished(
            f"{len(failures)} of {len(results.plan.tasks)} tasks failed ({failures[0]}); the same command tries again"
        )


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Let the processes that are started ignore Ctrl-C, which goes to them too: this process ends them."""
    if threading.current_thread() is not threading.main_thread():  # only that one may
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _here(results: Results, left: list[Task], retries: int) -> Generator[tuple[Task, Any], None, None]:
    plan = results.plan
    for task in left:
        for attempt in range(retries + 1):
            try:
                outcome: Any = work(plan.kind, plan.scenario, task.parameters)
            except Exception as error:
                outcome = error
                if attempt < retries:
                    continue
            yield task, outcome
            break


def _on_cluster(
    results: Results,
    left: list[Task],
    jobs: int,
    address: str | None,
    retries: int,
    on_start: Callable[[Any], None] | None,
) -> Generator[tuple[Task, Any], None, None]:
    try:
        import dask
        import distributed
    except ImportError as error:
        raise MissingExtra("several jobs need Dask distributed; install sddeverify[cluster]") from error

    plan, d = results.plan, cast("Any", distributed)  # it publishes only a part of its types
    quiet = {"distributed.scheduler.allowed-failures": _DEATHS, "distributed.comm.timeouts.connect": f"{_PATIENCE}s"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(dask.config.set(quiet))
        log = logging.getLogger("distributed.client")  # it shows a traceback where the scheduler ends
        stack.callback(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL)
        if address is None:
            with _deaf():
                local = d.LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",  # any free port; all on loopback only
                    host="127.0.0.1",
                    silence_logs=logging.CRITICAL + 1,  # what breaks off at an interruption is critical to it
                )
            stack.enter_context(local)
            client = stack.enter_context(d.Client(local))
        else:
            try:
                client = stack.enter_context(d.Client(address, timeout=_PATIENCE))
                client.wait_for_workers(1, timeout=_PATIENCE)
            except (OSError, ValueError, TimeoutError) as error:
                allowed = f"the address of a Dask scheduler that runs and has workers ({error})"
                raise invalid("cluster", address, allowed) from None
        if on_start is not None:
            on_start(client)
        futures = {
            client.submit(
                work, plan.kind, plan.scenario, task.parameters, key=f"{plan.sha256}-{task.key}", retries=retries
            ): task
            for task in left
        }
        for future in d.as_completed(list(futures)):
            task = futures.pop(future)
            try:
                outcome = future.result()
            except Exception as error:
                outcome = ConnectionError("the cluster has ended") if future.status in _GONE else error
            yield task, outcome
            future.release()  # the cluster need not keep it
