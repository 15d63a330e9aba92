"""A sample of the faults, one or two of each kind that is quick; `make faults` injects them all."""

import pytest

from tests import faults
from tests.faults.bench import Bench
from tests.faults.table import FAULTS, Fault, Impossible, plain

pytestmark = pytest.mark.slow

QUICK = [fault for fault in FAULTS if fault.quick]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("fault", QUICK, ids=[fault.name for fault in QUICK])
def test_it_ends_as_expected(bench: Bench, fault: Fault) -> None:
    try:
        assert plain(fault.inject(bench))
    except Impossible as reason:
        pytest.skip(str(reason))
    finally:
        bench.tidy()


def test_every_module_adds_to_the_table_and_no_name_comes_twice() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names)
    modules = {fault.inject.__module__ for fault in FAULTS}
    assert modules == {module.__name__ for module in faults.MODULES}
