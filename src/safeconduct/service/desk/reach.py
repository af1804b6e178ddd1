"""How it stands with other nodes at this moment. It is not on the record: it would be an entry every few seconds."""

from dataclasses import dataclass, field

from safeconduct.coordination.coverage import NO_ANSWER, UNREACHABLE_S


@dataclass(frozen=True, slots=True)
class _Trouble:
    since: float
    why: str


@dataclass(slots=True)
class Reach:
    """Which nodes do not answer, and of which nothing can be taken. Times are Unix seconds of the node's clock.

    Both directions count: a node that answers while its own messages are refused here is not known any better than one
    that is silent.
    """

    _silent: dict[str, _Trouble] = field(default_factory=dict)
    _refused: dict[str, _Trouble] = field(default_factory=dict)

    def unreached(self, party: str, why: str, now: float) -> None:
        """It did not answer, or not as it should; `why` as the officer reads it."""
        _note(self._silent, party, why, now)

    def reached(self, party: str) -> None:
        """It has answered."""
        self._silent.pop(party, None)

    def refused(self, party: str, why: str, now: float) -> None:
        """What it sent, and really was of it, is not taken here, or does not come through. The first reason stays."""
        before = self._refused.get(party)
        _note(self._refused, party, before.why if before else why, now)

    def taken(self, party: str) -> None:
        """What it sent was taken."""
        self._refused.pop(party, None)

    def forget(self, party: str) -> None:
        """It is begun anew with this party."""
        self.reached(party)
        self.taken(party)

    def problem(self, party: str) -> str:
        """What is wrong with a party's link, from the first failure on; empty if nothing is."""
        return "; ".join(trouble.why for trouble in self._of(party))

    def since_s(self, party: str, now: float) -> float:
        """For how long something has been wrong."""
        return max((now - trouble.since for trouble in self._of(party)), default=0.0)

    def doubts(self, now: float) -> dict[str, str]:
        """The parties with whom something has been wrong for too long, each with a sentence that says what."""
        refused = {
            party: f"not all that its node says is known here: {trouble.why}"
            for party, trouble in _lasting(self._refused, now)
        }
        silent = {party: NO_ANSWER for party, _ in _lasting(self._silent, now)}
        return refused | silent

    def _of(self, party: str) -> list[_Trouble]:
        return [among[party] for among in (self._silent, self._refused) if party in among]


def _note(among: dict[str, _Trouble], party: str, why: str, now: float) -> None:
    before = among.get(party)
    among[party] = _Trouble(before.since if before else now, why)


def _lasting(among: dict[str, _Trouble], now: float) -> list[tuple[str, _Trouble]]:
    return [(party, trouble) for party, trouble in among.items() if now - trouble.since > UNREACHABLE_S]
