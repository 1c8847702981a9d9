"""Fixtures: `servers` for the session, `world` for a test, `make_world` for a special one."""

import faulthandler
import signal
import sys

import pytest

import harness

DEADLINE_S = 120


def pytest_configure(config):
    config.addinivalue_line("markers", "deadline(seconds): a test that may take longer than usual")
    config.addinivalue_line("markers", "threads: runs once more under the thread sanitizer")
    config.addinivalue_line("markers", "torture: runs under `make torture` only")
    config.addinivalue_line("markers",
                            "catches(mistake): fails on the build with -DBROKEN_<mistake>")


def pytest_addoption(parser):
    parser.addoption("--torture", action="store_true", help="also run the long tests")
    parser.addoption("--broken", help="run only the tests that must catch this mistake")


def pytest_collection_modifyitems(config, items):
    broken = config.getoption("--broken")
    if broken:
        items[:] = [item for item in items
                    if any(broken in mark.args for mark in item.iter_markers("catches"))]
    if config.getoption("--torture"):
        return
    for item in items:
        if item.get_closest_marker("torture"):
            item.add_marker(pytest.mark.skip(reason="long: make torture"))


def pytest_unconfigure():
    for process in harness.Process.everything:
        process.kill9()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the last log lines of every process it started."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for world in getattr(item, "worlds", []):
            for name, text in world.logs():
                report.sections.append((f"log of {name}", text))


@pytest.fixture(autouse=True)
def _deadline(request):
    marker = request.node.get_closest_marker("deadline")
    seconds = (marker.args[0] if marker else DEADLINE_S) * harness.SLOW

    def late(*_):
        faulthandler.dump_traceback(file=sys.__stderr__)
        pytest.fail(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def servers():
    found = harness.Servers()
    try:
        found.start()
        yield found
    finally:
        found.close()


@pytest.fixture
def make_world(request, servers):
    """make_world(routers=2, workers=0, redis=False, lease_ms=500, …): started unless start=False;
    words beyond those of World are rows of the configuration."""
    request.node.worlds = []

    def make(start=True, **options):
        world = harness.World(servers, **options)
        request.node.worlds.append(world)
        return world.start() if start else world

    yield make
    problems = []
    for world in request.node.worlds:
        try:
            world.stop()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def world(make_world):
    """One router and one worker on a fresh database."""
    return make_world()


@pytest.fixture
def peer():
    found = harness.Peer()
    yield found
    found.close()


@pytest.fixture
def make_peer():
    """Peers that are closed with the test: make_peer(answer)."""
    made = []

    def make(answer=None):
        made.append(harness.Peer(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def own_servers():
    """A Postgres and a Redis of the test's own, for tests that kill them."""
    found = harness.Servers()
    try:
        found.start()
        yield found
    finally:
        found.close()
