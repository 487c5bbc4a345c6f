"""The command line: ``sddeverify COMMAND ...``, also as ``python -m sddeverify COMMAND ...``.

Exit statuses are those of the commands; in common they have 2 for bad input, with one sentence on
standard error, and 130 for an interruption by ctrl-C.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from sddeverify.commands import (
    atlas,
    certify,
    chart,
    check,
    cite,
    compare,
    derive,
    emulate,
    guard,
    interval,
    optimize,
    papers,
    record,
    report,
    scale,
    selftest,
    slowdown,
    worker,
)
from sddeverify.commands._outputs import EXIT_INTERRUPTED
from sddeverify.errors import SddeverifyError

COMMANDS: dict[str, Callable[..., None]] = {
    "report": report.command,
    "derive": derive.command,
    "certify": certify.command,
    "chart": chart.command,
    "interval": interval.command,
    "slowdown": slowdown.command,
    "check": check.command,
    "optimize": optimize.command,
    "emulate": emulate.command,
    "record": record.command,
    "worker": worker.command,
    "compare": compare.command,
    "scale": scale.command,
    "guard": guard.command,
    "cite": cite.command,
    "papers": papers.command,
    "atlas": atlas.command,
    "selftest": selftest.command,
}

app = typer.Typer(
    name="sddeverify",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: it needs no rich import, and reads the same in a log
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _interruptible(function: Callable[..., None]) -> Callable[..., None]:
    """Return the command, in which ctrl-C ends in a sentence, as bad input does."""

    @functools.wraps(function)
    def command(**options: object) -> None:
        try:
            function(**options)
        except KeyboardInterrupt:
            print("sddeverify: interrupted", file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None

    return command


for _name, _function in COMMANDS.items():
    app.command(_name)(_interruptible(_function))


def _print_version(wanted: bool) -> None:
    if wanted:
        from sddeverify import __version__

        typer.echo(f"sddeverify {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Derive, certify and cross-check the delay theory of asynchronous SGD.

    The main job is "report": from the measured times of workers to certified learning rates.
    "sddeverify COMMAND --help" explains a command and shows an example.
    """


def main() -> None:
    """Run the command line on ``sys.argv``; bad input becomes one sentence on standard error and status 2."""
    try:
        app(prog_name="sddeverify")
    except SddeverifyError as error:
        _fail(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {error.strerror}")


def _fail(sentence: str) -> None:
    print(f"sddeverify: {sentence}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    main()
