"""Names of flights and zones where several parties choose the same ones, by chance or on purpose."""

from dataclasses import replace

import pytest
from tests.support.nodes import Crew, Nodes, flight, key_of

from safeconduct.errors import InputError, StateError
from safeconduct.federation.cards import sign_card
from safeconduct.model.flight import FlightState
from safeconduct.model.message import TellFlight, TellState, TellZone
from safeconduct.model.zone import Zone


def refs(nodes: Nodes, party: str) -> dict[str, tuple[str, str, int]]:
    """Flights by ref: whose, its id and its version."""
    known = nodes[party].register.flights
    return {ref: (one.flight.party, one.flight.id, one.flight.version) for ref, one in known.items()}


def zone(party: str, id: str = "Z1", **changes: object) -> Zone:  # noqa: A002
    made = Zone(id=id, party=party, name="Range", reason="live firing", volumes=flight().volumes)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_one_id_of_three_parties() -> None:
    nodes = Nodes("africom", "lna", "italy")
    crew = nodes.crew()
    for party in nodes.of:
        nodes[party].declare(flight("F1", party))
    nodes.settle()
    assert refs(nodes, "lna") == {
        "F1": ("lna", "F1", 1),
        "africom:F1": ("africom", "F1", 1),
        "italy:F1": ("italy", "F1", 1),
    }
    for party in nodes.of:
        crew.receive("F1", party)
    nodes.settle()
    assert [nodes[party].state() for party in nodes.of] == ["held"] * 3
    nodes["italy"].amend(flight("F1", "italy", contact="desk 8"))
    nodes["africom"].desk.move(nodes["africom"].who(), "F1", FlightState.ENDED)
    nodes.settle()
    assert refs(nodes, "lna")["italy:F1"] == ("italy", "F1", 2)
    assert nodes["lna"].state() == "held"
    assert nodes["italy"].state() == "stale"
    assert nodes["lna"].register.flights["africom:F1"].flight.state is FlightState.ENDED


def test_a_receipt_for_one_of_them_says_nothing_of_another() -> None:
    nodes = Nodes("africom", "lna", "italy")
    crew = nodes.crew()
    nodes["africom"].declare(flight())
    nodes["italy"].declare(flight("F1", "italy"))
    nodes["italy"].amend(flight("F1", "italy", contact="desk 8"))
    nodes.settle()
    crew.look("F1", "italy")
    signed = crew.receive("F1", "africom")
    nodes.settle()
    assert (nodes["africom"].state(), nodes["italy"].state()) == ("held", "waiting")
    with pytest.raises(StateError) as again:
        crew.send(signed)
    assert again.value.reason == "already-answered"


def test_nobody_can_keep_a_party_from_its_own_ids() -> None:
    nodes = Nodes("africom", "lna", "italy")
    lna, crew = nodes["lna"], nodes.crew()
    nodes["italy"].declare(flight("L1", "italy"))
    nodes.settle()
    crew.receive("L1", "italy")
    nodes.settle()
    (conflict,) = lna.desk.check(lna.who(), flight("L1", "lna")).conflicts
    assert (conflict.flight, conflict.party) == ("L1", "italy")
    with pytest.raises(StateError) as refused:
        lna.desk.declare(lna.who(), [flight("L1", "lna")], refuse_conflicts=True)
    assert refused.value.reason == "conflict"
    lna.declare(flight("L1", "lna"))
    assert refs(nodes, "lna") == {"L1": ("lna", "L1", 1), "italy:L1": ("italy", "L1", 1)}
    nodes.settle()
    assert nodes["italy"].state("L1") == "held", "nothing has changed for the other party"
    assert crew.item("L1", "italy").notice.flight == "italy:L1"
    assert crew.item("L1", "italy").previous_version == 1
    crew.receive("L1", "lna")
    assert lna.state("L1") == "held"
    seen = {one.ref: [(c.flight, c.other) for c in one.conflicts] for one in lna.view().flights}
    assert seen == {"L1": [("L1", "italy:L1")], "italy:L1": [("italy:L1", "L1")]}
    nodes["italy"].amend(flight("L1", "italy", contact="desk 8"))
    nodes.settle()
    assert refs(nodes, "lna")["italy:L1"] == ("italy", "L1", 2)
    assert nodes["italy"].state("L1") == "stale"
    assert lna.state("L1") == "held"
    assert nodes.restart("lna").register == lna.register


def test_an_id_that_looks_like_another_party_s_name_here() -> None:
    """`italy` calls its flight as africom's would be called at lna, and lna has ids of that kind itself."""
    nodes = Nodes("africom", "lna", "italy")
    nodes["italy"].declare(flight("africom:F1", "italy"))
    nodes["italy"].amend(flight("africom:F1", "italy", contact="desk 8"))
    nodes["lna"].declare(flight("F1", "lna"), flight("italy:F2", "lna"))
    nodes.settle()
    nodes["africom"].declare(flight())
    nodes["italy"].declare(flight("F2", "italy"))
    nodes["lna"].declare(flight("F2", "lna"))
    nodes.settle()
    assert sorted(refs(nodes, "lna").values()) == [
        ("africom", "F1", 1),
        ("italy", "F2", 1),
        ("italy", "africom:F1", 2),
        ("lna", "F1", 1),
        ("lna", "F2", 1),
        ("lna", "italy:F2", 1),
    ]
    assert refs(nodes, "lna")["africom:F1"] == ("africom", "F1", 1)
    own = {ref: one for ref, one in refs(nodes, "lna").items() if one[0] == "lna"}
    assert all(ref == id for ref, (_, id, _) in own.items())  # noqa: A001
    assert all(known.flight.party == "lna" for known in nodes["lna"].register.flights.values() if known.own)


def test_a_peer_cannot_reach_a_flight_that_is_not_its_own() -> None:
    nodes = Nodes("africom", "lna", "italy")
    lna = nodes["lna"]
    nodes["africom"].declare(flight())
    lna.declare(flight("L1", "lna"))
    nodes.settle()
    before = {ref: known.flight for ref, known in lna.register.flights.items()}
    for id in ("F1", "L1", "africom:F1", "lna:L1", "italy:F1"):  # noqa: A001
        nodes.say("italy", "lna", TellState(flight=id, state=FlightState.ENDED))
        nodes.say("italy", "lna", TellFlight(flight=flight(id, "italy", version=1000)))
        now = {ref: known.flight for ref, known in lna.register.flights.items() if known.flight.party != "italy"}
        assert now == before
    assert len(lna.register.flights) == 7


def test_zones_of_one_id() -> None:
    nodes = Nodes("africom", "lna", "italy")
    lna = nodes["lna"]
    lna.desk.set_zone(lna.who(), zone("lna", "italy:Z1"))
    lna.desk.set_zone(lna.who(), zone("lna"))
    nodes.say("italy", "lna", TellZone(zone=zone("italy", version=7)))
    nodes.say("africom", "lna", TellZone(zone=zone("africom")))
    assert sorted((one.party, one.id, one.version) for one in lna.desk.zones()) == [
        ("africom", "Z1", 1),
        ("italy", "Z1", 7),
        ("lna", "Z1", 1),
        ("lna", "italy:Z1", 1),
    ]
    again = lna.desk.set_zone(lna.who(), zone("lna", "italy:Z1"))
    assert again.value.version == 2
    lna.desk.lift_zone(lna.who(), "italy:Z1")
    assert ("italy", "Z1") in {(one.party, one.id) for one in lna.desk.zones()}
    with pytest.raises(InputError):
        lna.desk.lift_zone(lna.who(), "africom:Z1")
    nodes.say("italy", "lna", TellZone(zone=zone("italy", version=7, lifted=True)))
    assert ("italy", "Z1") in {(one.party, one.id) for one in lna.desk.zones()}, "an old version lifts nothing"
    nodes.say("italy", "lna", TellZone(zone=zone("italy", version=8, lifted=True)))
    assert ("italy", "Z1") not in {(one.party, one.id) for one in lna.desk.zones()}


def test_a_party_s_own_name_is_plain() -> None:
    nodes = Nodes()
    lna = nodes["lna"]
    key = key_of("somebody")
    card = replace(nodes["africom"].desk.card().card, party="lna:africom", public=key.public)
    with pytest.raises(InputError) as refused:
        lna.desk.take_card(lna.who(), sign_card(card, key))
    assert refused.value.reason == "bad-party"


def test_the_same_again_is_a_duplicate() -> None:
    nodes = Nodes()
    africom = nodes["africom"]
    africom.declare(flight())
    for again in ([flight()], [flight("F2"), flight("F2")], [flight("F3"), flight()]):
        with pytest.raises(StateError) as refused:
            africom.declare(*again)
        assert refused.value.reason == "duplicate"
    assert list(africom.register.flights) == ["F1"]


def test_a_crew_knows_a_flight_by_its_own_name_after_it_gave_up_its_ref() -> None:
    nodes = Nodes()
    crew: Crew = nodes.crew()
    lna = nodes["lna"]
    nodes["africom"].declare(flight("L1"))
    nodes.settle()
    item = crew.look("L1")
    lna.declare(flight("L1", "lna"))
    crew.send(crew.signed(item))
    nodes.settle()
    assert nodes["africom"].state("L1") == "held"
    assert lna.state("L1") == "waiting"
