"""Claims as they are asked for in text: which options each takes, how these are read, and the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from fractions import Fraction

    from sddeverify.certificates import Certificate, Inconclusive
    from sddeverify.models import CharacteristicFunction

MAX_CELLS = 20_000
_MOST_FUNCTIONS = 20_000

# How the arguments of provers are called on the command line, and which of these cannot be left out.
_SPREAD = {
    "h": ({"delay", "delay_hi", "damping", "undelayed"}, {"delay", "damping"}),
    "law": ({"delay"}, {"delay"}),
    "parameter": ({"parameter", "cells"}, {"parameter", "cells"}),
    "model": (set(), set()),
    "provenance": (set(), set()),
    "on_cell": (set(), set()),
    "family": ({"delay", "damping", "undelayed"}, {"delay", "damping"}),
    "resume": (set(), set()),
}


def options(claim: str) -> tuple[set[str], set[str]]:
    """Return which options a claim takes and which of them it needs: those of its prover.

    Raises:
        InvalidScenario: for an unknown claim.
    """
    import inspect

    from sddeverify.certificates import CLAIMS

    if claim not in CLAIMS:
        raise invalid("CLAIM", claim, f"one of {', '.join(CLAIMS)}")
    takes: set[str] = set()
    needs: set[str] = set()
    for one in inspect.signature(CLAIMS[claim].prove).parameters.values():
        alone = ({one.name}, {one.name} if one.default is one.empty else set())
        taken, needed = _SPREAD.get(one.name, alone)
        takes |= taken
        needs |= needed
    return takes, needs


def _check_options(claim: str, given: set[str]) -> None:
    # An option that is silently ignored would certify another question than the one asked.
    takes, needs = options(claim)
    for name in sorted(needs - given):
        raise InvalidScenario(f"--{_spelled(name)}: {claim} needs it; see sddeverify certify --help")
    for name in sorted(given - takes):
        known = ", ".join(f"--{_spelled(option)}" for option in sorted(takes))
        raise InvalidScenario(f"--{_spelled(name)}: {claim} does not take it; it takes {known}")


def _spelled(name: str) -> str:
    return name.replace("_", "-")


def prove(claim: str, given: dict[str, Any]) -> Certificate | Inconclusive:
    """Prove a claim from its options as they are written: text, or integers where a count is meant.

    Args:
        claim: Name of the claim.
        given: Name of an option (``delay``, ``up_to``, ...) -> what was written.

    Raises:
        InvalidScenario: for an unknown claim or option, one that is missing, and a value that is not allowed.
    """
    _check_options(claim, set(given))
    from sddeverify.certificates import CLAIMS
    from sddeverify.certificates.stability_chart import family
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    wanted: dict[str, Any] = {name: _read(f"--{_spelled(name)}", value) for name, value in given.items()}
    text = wanted.pop("delay", None)
    if "table" in wanted:
        wanted["table"] = read_candidates(wanted["table"])
    if "x" in wanted:
        wanted["family"] = family(text, wanted.pop("damping"), wanted.pop("undelayed", 0))
    elif "parameter" in wanted:
        wanted["law"] = lambda value: parse(text.replace("$", str(value)))
        wanted["parameter"] = _grid(wanted["parameter"], wanted.pop("cells"))
    elif "damping" in wanted and "mean_delay" not in wanted:
        law, high = parse(text), wanted.pop("delay_hi", None)
        pair = law if high is None else (law, parse(high))
        wanted["h"] = CharacteristicFunction(wanted.pop("damping"), pair, wanted.pop("undelayed", 0))
    elif text is not None:
        wanted["law"] = parse(text)
    result: Certificate | Inconclusive = CLAIMS[claim].prove(**wanted)
    return result


def read_candidates(path: str) -> dict[str, list[CharacteristicFunction]]:
    """Return the candidates of a file: their names and the characteristic functions of each.

    Args:
        path: A JSON object or a TOML document: the name of a candidate -> a list of tables with ``damping``, ``delay``
            (in notation, or as in a certificate) and, if there is one, ``undelayed``.

    Raises:
        InvalidScenario: naming the candidate and the position in its list, for a file of another form.
    """
    from sddeverify.scenario import read_table

    rows = read_table(path, "--table")
    if "learning_rate" in rows:
        raise InvalidScenario(f"--table: {path} is a scenario; sddeverify optimize makes its candidates")
    if sum(len(row) if isinstance(row, list) else 1 for row in rows.values()) > _MOST_FUNCTIONS:
        raise invalid("--table", path, f"at most {_MOST_FUNCTIONS} functions")
    found: dict[str, list[CharacteristicFunction]] = {}
    for name, row in rows.items():
        if not isinstance(row, list) or not row:
            raise invalid(f"--table, candidate {name!r}", row, "a list of tables with damping and delay")
        try:
            found[name] = [_function(one) for one in row]
        except InvalidScenario as error:
            raise InvalidScenario(f"--table, candidate {name!r}: {error}") from None
    return found


def _function(member: Any) -> CharacteristicFunction:
    from sddeverify.delays import Law, parse
    from sddeverify.models import CharacteristicFunction

    if not isinstance(member, dict) or not {"damping", "delay"} <= set(member) <= {"damping", "delay", "undelayed"}:
        raise invalid("function", member, "a table with damping, delay and, if there is one, undelayed")
    delay = member["delay"]
    law = parse(delay) if isinstance(delay, str) else Law.from_json(delay)
    return CharacteristicFunction(member["damping"], law, member.get("undelayed", 0))


def _grid(ends: Any, cells: int) -> list[Fraction]:
    """Return the ends of equal cells."""
    from sddeverify.exact import enclosure

    whole = enclosure(ends, "--parameter")
    if whole.width == 0 or not 1 <= cells < MAX_CELLS:
        raise invalid(
            "--parameter, --cells", f"{whole} in {cells}", f"lo,hi with lo < hi, and 1 to {MAX_CELLS - 1} cells"
        )
    return [whole.lo + whole.width * k / cells for k in range(cells + 1)]


_PAIRS = ("--near", "--parameter", "--x", "--y")  # a single number would not do
_TEXTS = {"--delay", "--delay-hi", "--table"}  # in which a comma is nothing special


def _read(field: str, value: str | int) -> str | int | tuple[str, str]:
    """Turn "1/2,3/2" into a pair; whether a claim takes a number or a pair is for its prover to say."""
    if isinstance(value, str) and field not in _TEXTS and ("," in value or field in _PAIRS):
        return _pair(field, value)
    return value


def _pair(field: str, text: str) -> tuple[str, str]:
    parts = text.split(",")
    if len(parts) != 2:
        raise invalid(field, text, 'two exact rationals with a comma between, such as "1/2,3/2"')
    return parts[0].strip(), parts[1].strip()
