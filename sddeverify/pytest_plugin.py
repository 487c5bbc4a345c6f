"""pytest plugin: certificates as test items, and configurations that must lie inside certified regions.

``pytest --certificates`` (or ``sddeverify_certificates = true`` in pytest's settings) collects every ``*.cert.json``
file as one test, which passes only if the kernel accepts it. The marker

    @pytest.mark.certified_region("boundary.cert.json", learning_rate=0.05, workers=8)

fails a test whose configuration is not inside the certified region, and the fixture ``certified_region`` reads regions
inside tests. Paths are relative to the test's file. Only the kernel and ``regions`` are imported, and only when used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    from sddeverify.regions import Region

_SUFFIX = ".cert.json"
_MARKER = "certified_region"


class CertificateError(Exception):
    """A certificate was not accepted; the message says why."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--certificates`` and the setting ``sddeverify_certificates``."""
    group = parser.getgroup("sddeverify")
    group.addoption("--certificates", action="store_true", help="check every *.cert.json file with sddeverify's kernel")
    parser.addini("sddeverify_certificates", "check every *.cert.json file", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line("markers", "certificate: a *.cert.json file, checked by sddeverify's kernel")
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(certificate, **configuration): fail unless the configuration lies in the certified region",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CertificateFile | None:
    """Collect certificates if that was asked for."""
    wanted = parent.config.getoption("--certificates") or parent.config.getini("sddeverify_certificates")
    if wanted and file_path.name.endswith(_SUFFIX):
        collected: CertificateFile = CertificateFile.from_parent(parent, path=file_path)
        return collected
    return None


class CertificateFile(pytest.File):
    """A ``*.cert.json`` file."""

    def collect(self) -> Iterator[CertificateItem]:
        """Yield its one item."""
        item: CertificateItem = CertificateItem.from_parent(self, name="certificate")
        yield item


class CertificateItem(pytest.Item):
    """The check of one certificate by the kernel."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.add_marker("certificate")

    def runtest(self) -> None:
        """Check the file.

        Raises:
            CertificateError: unless the kernel accepts it.
        """
        from sddeverify import checker

        verdict = checker.check(self.path.read_bytes())
        if verdict.status is not checker.Status.ACCEPTED:
            raise CertificateError(f"{self.path.name} is {verdict.status.name.lower()}: {verdict.reason}")
        self.add_report_section("call", "statement", verdict.statement)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Return one sentence instead of a traceback where the kernel refused."""
        if isinstance(excinfo.value, CertificateError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item stands."""
        return self.path, 0, f"certificate {self.path.name}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a marked test whose configuration is not certified."""
    for marker in item.iter_markers(_MARKER):
        if len(marker.args) != 1:
            raise pytest.UsageError(f"the marker {_MARKER} takes the path of one certificate, then a configuration")
        try:
            answer = _region(item.path.parent, marker.args[0]).locate(**marker.kwargs)
        except SddeverifyError as error:
            pytest.fail(str(error), pytrace=False)
        if not answer.inside:
            pytest.fail(f"outside the certified region of {marker.args[0]}: {answer.reason}", pytrace=False)


@pytest.fixture
def certified_region(request: pytest.FixtureRequest) -> Callable[[str | Path], Region]:
    """A function that reads a certificate, checks it and returns its :class:`~sddeverify.regions.Region`."""
    folder = request.path.parent
    return lambda path: _region(folder, path)


def _region(folder: Path, path: str | Path) -> Region:
    from sddeverify import regions

    return regions.certified_region(folder / path)
