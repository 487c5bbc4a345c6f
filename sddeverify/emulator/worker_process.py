"""A real worker: ``python -m sddeverify.emulator.worker_process DESCRIPTOR``, started by ``processes``.

It computes a gradient for each job that comes over its socket, and ends when the server does.
"""

from __future__ import annotations

import contextlib
import pickle
import socket
import sys
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.messages import Kind, frame, receive, vector_frame
from sddeverify.emulator.worker import with_batch_size

if TYPE_CHECKING:
    from sddeverify.objectives import Objective


def serve(connection: socket.socket) -> None:
    """Answer jobs until the other end closes the socket."""
    objective: Objective | None = None
    random = np.random.default_rng(0)
    while (message := receive(connection)) is not None:
        if message.kind is Kind.SETUP:
            objective, random = pickle.loads(message.body)  # noqa: S301  # from our parent, over a socket of its own
            connection.sendall(frame(Kind.READY))
        elif message.kind is Kind.BATCH and objective is not None:
            objective = with_batch_size(objective, message.number)
        elif message.kind is Kind.JOB and objective is not None:
            gradient = objective.gradient(message.vector(), random)
            connection.sendall(vector_frame(Kind.GRADIENT, message.number, gradient))
        else:
            raise RuntimeError(f"a message of kind {message.kind!r} before the objective")


def main() -> None:
    """Run the worker on the socket whose descriptor is the only argument."""
    # A connection error means that the server is gone; so are we.
    with contextlib.suppress(ConnectionError), socket.socket(fileno=int(sys.argv[1])) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
