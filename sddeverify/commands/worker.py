"""``sddeverify worker``: join a recording that runs on another machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def command(
    connect: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where the recording listens.")],
    secret_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Shared secret, in a file of mode 0600; or in SDDEVERIFY_SECRET."),
    ] = None,
    patience: Annotated[
        float, typer.Option(metavar="S", help="How long to try to reach it, at first and when the connection breaks.")
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Join a recording on another machine, as one of its workers.

    The recording was started with "sddeverify record --listen". Both sides prove that they know the same secret, and
    every frame is authenticated; frames are not encrypted. What comes are names and numbers: the objective, the policy,
    iterates; no code. The worker ends when the recording is over; when the connection breaks it joins again. One
    process is one worker: start as many as you want.

    \b
    Example: sddeverify worker --connect 192.0.2.7:7000
    """
    from sddeverify.emulator import access
    from sddeverify.emulator.threads import one_thread_environment

    address = access.address(connect, "--connect")
    secret = access.read_secret(secret_file)
    os.environ.update(one_thread_environment())  # before NumPy is imported

    from sddeverify.emulator.joining import join

    joined = join(address, secret, patience=patience, say=lambda sentence: typer.echo(sentence, err=True))
    if as_json:
        import json

        summary = {"session": joined.session, "workers": joined.workers, "gradients": joined.gradients}
        typer.echo(json.dumps(summary, indent=2))
    else:
        typer.echo(f"the recording at {joined.session} is over: {joined.gradients} gradients computed")
