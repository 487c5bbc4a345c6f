"""Settings shared by tests, paper checks and benchmarks: the --slow option and Hypothesis profiles."""

import os
import signal

import pytest
from hypothesis import settings

# Examples share the machine with other tests, so a deadline would measure the neighbours. The default
# is derandomised: a failure seen once is seen by everybody. --slow explores afresh, and further.
settings.register_profile("default-suite", deadline=None, derandomize=True, max_examples=100, database=None)
settings.register_profile("slow", deadline=None, derandomize=False, max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--slow`` and ``--record``."""
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow, and more examples")
    parser.addoption("--record", action="store_true", help="paper_checks: write certificates and values for the site")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the Hypothesis profile, unless one is named by ``--hypothesis-profile``."""
    if config.getoption("--hypothesis-profile", default=None) is None:
        settings.load_profile("slow" if config.getoption("--slow") else "default-suite")
    # No test may depend on the width of the terminal it was started from.
    os.environ.setdefault("COLUMNS", "120")
    # A shell starts what it runs in the background with ctrl-C ignored, and children inherit that: the tests of
    # interruption would wait for ever.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests marked slow unless they are asked for."""
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow; run with --slow")
    for item in items:
        if item.get_closest_marker("slow") is not None:
            item.add_marker(skip)
