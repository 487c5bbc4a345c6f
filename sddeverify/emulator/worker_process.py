"""A real worker: ``python -m sddeverify.emulator.worker_process DESCRIPTOR``, started by ``processes``.

It computes a gradient for each job that comes over its socket, and ends when the server does.
"""

from __future__ import annotations

import contextlib
import pickle
import socket
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.messages import Channel, Kind, vector_body
from sddeverify.emulator.worker import with_batch_size

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.emulator.messages import Message
    from sddeverify.objectives import Objective


def serve(
    channel: Channel, unpack: Callable[[bytes], tuple[Objective, np.random.Generator]], tally: list[int] | None = None
) -> Message | None:
    """Answer jobs until the other end says that it is over, and return that; ``None`` if it is just gone.

    Args:
        channel: The connection.
        unpack: Makes the objective and the random stream of the body of a SETUP message.
        tally: Its first entry counts the gradients.
    """
    objective: Objective | None = None
    random = np.random.default_rng(0)
    while (message := channel.receive()) is not None and message.kind is not Kind.END:
        if message.kind is Kind.SETUP:
            objective, random = unpack(message.body)
            channel.send(Kind.READY)
        elif message.kind is Kind.BATCH and objective is not None:
            objective = with_batch_size(objective, message.number)
        elif message.kind is Kind.JOB and objective is not None:
            gradient = objective.gradient(message.vector(), random)
            channel.send(Kind.GRADIENT, message.number, vector_body(gradient))
            if tally is not None:
                tally[0] += 1
        elif message.kind is Kind.PAUSE:
            time.sleep(message.number / 1e6)
        else:
            raise RuntimeError(f"a message of kind {message.kind!r} before the objective")
    return message


def main() -> None:
    """Run the worker on the socket whose descriptor is the only argument."""
    # A connection error means that the server is gone; so are we.
    with contextlib.suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(Channel(connection), pickle.loads)  # from our parent, over a socket of its own


if __name__ == "__main__":
    main()
