import pytest

from safeconduct.errors import StateError
from safeconduct.federation.request import SignedRequest
from safeconduct.links.base import Link, RefusedError, UnreachableError
from safeconduct.links.in_process import InProcessNetwork, in_process_address
from safeconduct.store.base import StoreError

REQUEST = SignedRequest("POST", "in-process:lna", (), b"{}")
ADDRESS = in_process_address("lna")


def test_a_request_arrives_as_it_was_sent_and_the_answer_comes_back() -> None:
    network, came = InProcessNetwork(), []
    link: Link = network
    network.register(ADDRESS, lambda request: came.append(request) or b"taken")  # type: ignore[func-returns-value]
    assert link.carry(ADDRESS, REQUEST) == b"taken"
    assert came == [REQUEST]


def test_nobody_there_and_cut_off_are_unreachable() -> None:
    network = InProcessNetwork()
    with pytest.raises(UnreachableError):
        network.carry(ADDRESS, REQUEST)
    network.register(ADDRESS, lambda _: b"taken")
    network.register(in_process_address("gna"), lambda _: b"other")
    network.cut(ADDRESS)
    with pytest.raises(UnreachableError):
        network.carry(ADDRESS, REQUEST)
    assert network.carry(in_process_address("gna"), REQUEST) == b"other"
    network.mend(ADDRESS)
    assert network.carry(ADDRESS, REQUEST) == b"taken"


def test_a_refusal_is_told_from_a_node_that_cannot_work() -> None:
    network = InProcessNetwork()

    def gap(_: SignedRequest) -> bytes:
        raise StateError("gap", "number 4 is expected", remedy="send number 4 first")

    def disk(_: SignedRequest) -> bytes:
        raise StoreError("the disk is full")

    network.register(ADDRESS, gap)
    with pytest.raises(RefusedError) as told:
        network.carry(ADDRESS, REQUEST)
    assert (told.value.reason, told.value.remedy) == ("gap", "send number 4 first")
    network.register(ADDRESS, disk)
    with pytest.raises(UnreachableError, match="disk is full"):
        network.carry(ADDRESS, REQUEST)
