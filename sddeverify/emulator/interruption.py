"""Signals: before a recording has begun they end it, later they end it early."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, TypeVar

from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from typing import Any

_Result = TypeVar("_Result")


class Interrupted(SddeverifyError):
    """The recording was interrupted before its first read: there is nothing to keep."""


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what the work gives, unless a signal comes first.

    Raises:
        Interrupted: then.
    """
    stopped, task = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(work)
    try:
        await asyncio.wait([stopped, task], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Interrupted("interrupted before the recording began: nothing was recorded and no file written")
        return task.result()
    finally:
        stopped.cancel()
        task.cancel()
        await asyncio.gather(stopped, task, return_exceptions=True)


@contextlib.contextmanager
def signals(stop: asyncio.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM set ``stop`` instead of breaking off; only the main thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    both = (signal.SIGINT, signal.SIGTERM)
    for one in both:
        loop.add_signal_handler(one, stop.set)
    try:
        yield
    finally:
        for one in both:
            loop.remove_signal_handler(one)
