"""Every check leaves its evidence, or is compared with what it left before."""

from collections.abc import Generator

import pytest

from paper_checks import evidence


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a check, then record or compare its evidence; a check that fails leaves none."""
    found = evidence.Evidence()
    evidence.CURRENT.set(found)
    result = yield
    case = pyfuncitem.callspec.id if hasattr(pyfuncitem, "callspec") else ""
    finish = evidence.record if pyfuncitem.config.getoption("--record") else evidence.compare
    finish(pyfuncitem.path.name, pyfuncitem.originalname, case, found)
    return result
