"""What a check leaves behind for the table of statements: its certificates, and what it measured.

The files are in ``notebooks/reference/papers`` and on the site. ``pytest paper_checks --record`` writes them anew;
otherwise every check compares itself with them, so that the table shows what the check finds and nothing else.
"""

import json
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sddeverify.certificates import Certificate, Inconclusive

FOLDER = Path(__file__).parents[1] / "notebooks" / "reference" / "papers"
INDEX = "evidence.json"  # file of checks -> check -> case -> its certificates and measured values
Proof = TypeVar("Proof", bound=Certificate)


@dataclass
class Evidence:
    """What one run of a check has left so far."""

    certificates: list[Certificate] = field(default_factory=list)
    measured: list[str] = field(default_factory=list)


CURRENT: ContextVar[Evidence] = ContextVar("evidence")


def proved(result: Proof | Inconclusive) -> Proof:
    """Return a certificate, which belongs to the check from now on; the check fails where there is none."""
    assert not isinstance(result, Inconclusive), str(result)
    CURRENT.get().certificates.append(result)
    return result


def measured(text: str) -> None:
    """Note what was measured, as the table shall show it."""
    CURRENT.get().measured.append(text)


def names(file: str, check: str, case: str, count: int) -> list[str]:
    """Return the paths of a check's certificates, relative to ``FOLDER``."""
    stem = re.sub(r"[^a-z0-9]+", "_", f"{check}_{case}".lower()).strip("_")
    folder = file.removeprefix("check_").removesuffix(".py")
    return [f"{folder}/{stem.removeprefix('test_')}_{n}.cert.json" for n in range(1, count + 1)]


def entry(file: str, check: str, case: str, found: Evidence) -> dict[str, list[str]]:
    """Return what the index says of one case; without what there is none of."""
    certificates = names(file, check, case, len(found.certificates))
    return {key: value for key, value in (("certificates", certificates), ("measured", found.measured)) if value}


def record(file: str, check: str, case: str, found: Evidence, folder: Path = FOLDER) -> None:
    """Write the evidence of one case in the place of what was there."""
    index = read(folder)
    checks = index.setdefault(file, {})
    cases = checks.setdefault(check, {})
    for name in cases.get(case, {}).get("certificates", ()):
        (folder / name).unlink(missing_ok=True)
    cases[case] = entry(file, check, case, found)
    for name, certificate in zip(cases[case].get("certificates", ()), found.certificates, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        certificate.save(folder / name)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(index, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / INDEX).write_text(text + "\n", encoding="utf-8")


def compare(file: str, check: str, case: str, found: Evidence, folder: Path = FOLDER) -> None:
    """Fail if the evidence of one case is not what the table shows."""
    shown = read(folder).get(file, {}).get(check, {}).get(case, {})
    what_to_do = "if this is as it should be: pytest paper_checks --record"
    assert shown == entry(file, check, case, found), what_to_do
    for name, certificate in zip(shown.get("certificates", ()), found.certificates, strict=True):
        assert json.loads((folder / name).read_bytes())["claim"] == certificate.claim, f"{name}; {what_to_do}"


def read(folder: Path) -> dict[str, dict[str, dict[str, dict[str, list[str]]]]]:
    """Return the index of a folder, empty where there is none."""
    path = folder / INDEX
    return json.loads(path.read_bytes()) if path.is_file() else {}
