"""IPython magics: the command line in a cell, and certificates made where they are used."""

from __future__ import annotations

import shlex
import sys
import tomllib
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from sddeverify.errors import InvalidScenario, SddeverifyError, invalid

if TYPE_CHECKING:
    from sddeverify.certificates import Certificate, Inconclusive

__all__ = ["SddeMagics"]


@magics_class
class SddeMagics(Magics):
    """The magics that ``%load_ext sddeverify`` makes."""

    @no_var_expand  # "$" stands for the parameter in --delay "erlang(3, $)"
    @line_magic
    def sdde(self, line: str) -> None:
        r"""Run a command of the command line, without leaving the notebook.

        %sdde --help                           lists the commands
        %sdde COMMAND --help                   explains one
        %sdde derive scenario.toml             a derivation, step by step
        %sdde certify stability_boundary --delay "erlang(3, 1)" -o erlang.cert.json
        %sdde check erlang.cert.json           the kernel's verdict on a file

        Words are split as in a shell; variables of the notebook are not put in. An exit status other than 0 is printed.
        """
        from sddeverify.__main__ import app

        status: object = 0
        try:
            app(shlex.split(line), prog_name="sddeverify")
        except (SddeverifyError, OSError, ValueError) as error:  # ValueError: a quotation mark without its other half
            _complain(error)
            status = 2
        except SystemExit as error:
            status = error.code
        if status:
            print(f"exit status {status}", file=sys.stderr)

    @cell_magic
    def certify(self, line: str, cell: str) -> Certificate | Inconclusive | None:
        """Prove a claim that the cell describes, show the certificate, and keep it in a variable.

        %%certify boundary
        claim = "stability_boundary"
        delay = "erlang(3, 1)"
        digits = 12

        The line is the name of the variable; it may be left out. The cell is TOML: ``claim`` and the options of
        ``sddeverify certify`` (``%sdde certify --help``), with _ for - in their names. Decimals mean what is
        written: 0.3 is 3/10. An answer "undecided" is kept in the variable, too.
        """
        from sddeverify.commands._claims import prove

        name = line.strip()
        try:
            if name and not name.isidentifier():
                raise invalid("%%certify", name, "the name of a variable, or nothing")
            given = _read(cell)
            result = prove(given.pop("claim"), given)
        except SddeverifyError as error:
            _complain(error)
            return None
        if name and self.shell is not None:
            self.shell.user_ns[name] = result
        return result


def _read(cell: str) -> dict[str, Any]:
    try:
        given = tomllib.loads(cell, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise InvalidScenario(f"%%certify: the cell is not TOML ({error}); write lines such as damping = 3.5") from None
    if not isinstance(given.get("claim"), str):
        raise invalid("claim", given.get("claim"), 'the name of a claim, such as claim = "stability"')
    for field, value in given.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise invalid(field, value, 'a number, or text in quotes such as "3/2"')
    counts = {"digits", "cells", "lag", "workers"}
    return {field: value if field in counts else str(value) for field, value in given.items()}


def _complain(error: Exception) -> None:
    print(f"sddeverify: {error}", file=sys.stderr)
