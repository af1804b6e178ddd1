"""A node's API as the command line uses it; see docs/reference/api.md. Keys stay here, and only signatures go out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from safeconduct.errors import ForbiddenError, InputError, StateError, UnknownError, WireError
from safeconduct.links.base import UnreachableError
from safeconduct.model.card import SignedCard
from safeconduct.model.desk import DeskFlight, DeskView, InboxItem
from safeconduct.model.entry import begin_bytes
from safeconduct.model.flight import FlightState
from safeconduct.model.key import SigningKey, verifies
from safeconduct.model.notice import NoticeState
from safeconduct.model.person import Role
from safeconduct.model.post import Shift
from safeconduct.model.receipt import Receipt, ReceiptState, SignedReceipt
from safeconduct.model.record import SignedPromise
from safeconduct.service.access import NotSignedInError, enrol_bytes, sign_in_bytes
from safeconduct.service.keyfiles import Enrolment
from safeconduct.service.settings import LOOPBACK

TIMEOUT_S = 15.0
MARK = "#sign-in="
"""What stands between address and token in a sign-in link."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SignedInAs:
    """Whom the node takes us for, until `expires` (Unix seconds)."""

    party: str
    person: str
    name: str
    role: Role
    post: str | None
    expires: float


@dataclass(frozen=True, slots=True)
class ReceiptTaken:
    """What a receipt is worth: `misread` means, look again."""

    state: ReceiptState
    read_back_error_m: float | None


@dataclass(frozen=True, slots=True)
class _Challenge:
    challenge: str


@dataclass(frozen=True, slots=True)
class _Enrolled:
    key_id: str


@dataclass(frozen=True, slots=True)
class _Flights:
    flights: tuple[DeskFlight, ...]


@dataclass(frozen=True, slots=True)
class _OneFlight:
    flight: DeskFlight


@dataclass(frozen=True, slots=True)
class _ShiftAnswer:
    shift: Shift


@dataclass(frozen=True, slots=True)
class _Written:
    """What every write answers with, besides its result."""

    record: SignedPromise


@dataclass(frozen=True, slots=True)
class _Problem:
    reason: str
    what: str
    where: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _ProblemAnswer:
    error: _Problem


def split_link(link: str) -> tuple[str, str]:
    """Address and token of a one-time sign-in link (`http://127.0.0.1:8600/#sign-in=…`).

    Raises:
        InputError: `bad-link`.
    """
    address, mark, token = link.strip().partition(MARK)
    if not mark or not token:
        remedy = "give the whole link in quotes, as the node printed it"
        raise InputError("bad-link", "this is no sign-in link", where="link", remedy=remedy)
    return address.rstrip("/"), token


class NodeClient:
    """One signed-in conversation with one node; a context manager. Use it from one thread.

    Every call raises what the node answered: `NotSignedInError` (401), `ForbiddenError` (403), `UnknownError` (404),
    `StateError` (409), `InputError` (any other 4xx) with its reason, what, where and remedy; `UnreachableError` where
    it does not answer or cannot do its work; and `WireError` for an answer that follows no format, or with a promise
    that the node did not sign (`bad-promise`).

    Args:
        address: of the node's API.
        public: the node's key, which signs its promises; None before it is known.
        transport: in the place of the network, for tests.
    """

    def __init__(self, address: str, public: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        local = _check_address(address)
        self.public = public
        # A proxy's settings in the environment are for the network, and not for this machine.
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT_S, transport=transport, trust_env=not local)
        self._address = address

    @classmethod
    def by_key(cls, key: SigningKey, enrolment: Enrolment, transport: httpx.BaseTransport | None = None) -> Self:
        """Signed in with a key, at the node where it is enrolled."""
        client = cls(enrolment.address, enrolment.public, transport)
        try:
            challenge = client._call("POST", "/v1/session/challenge", _Challenge, {}).challenge
            signed = key.sign(sign_in_bytes(challenge, node=enrolment.node, rehearsal=enrolment.rehearsal))
            body = {"public": key.public, "challenge": challenge, "signature": signed}
            client._call("POST", "/v1/session/key", SignedInAs, body)
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the session dies by itself."""
        self._http.close()

    def sign_in(self, token: str) -> SignedInAs:
        """Uses up a one-time link's token."""
        return self._call("POST", "/v1/session", SignedInAs, {"token": token})

    def card(self) -> SignedCard:
        """The node's card. Its own key must have signed it; whose it is, the link vouches for."""
        signed = self._call("GET", "/v1/card", SignedCard)
        if not signed.genuine:
            raise WireError("bad-signature", "the node's card is not signed with the key on it", where=self._address)
        return signed

    def enrol(self, key: SigningKey, me: SignedInAs) -> Enrolment:
        """Has the node take the public half of `key` for the person who is signed in by a link."""
        card = self.card().card
        self.public = card.public
        proof = key.sign(enrol_bytes(key.public, node=card.party, person=me.person, rehearsal=card.rehearsal))
        self._write("POST", "/v1/keys", _Enrolled, {"public": key.public, "signature": proof})
        return Enrolment(
            address=self._address,
            node=card.party,
            public=card.public,
            person=me.person,
            post=me.post,
            rehearsal=card.rehearsal,
        )

    def desk(self) -> DeskView:
        """All of coordination that this session may see, with the node's time."""
        return self._call("GET", "/v1/desk", DeskView)

    def declare_file(self, data: bytes) -> tuple[DeskFlight, ...]:
        """Declares the flights of a flights.json, all or none."""
        return self._write("POST", "/v1/flights/file", _Flights, data).flights

    def flights(self) -> tuple[DeskFlight, ...]:
        """All flights that the node knows."""
        return self._call("GET", "/v1/flights", tuple[DeskFlight, ...])

    def move_flight(self, ref: str, state: FlightState) -> DeskFlight:
        """A flight of one's own party into another state."""
        path = f"/v1/flights/{quote(ref, safe='')}/state"
        return self._write("POST", path, _OneFlight, {"state": state.value}).flight

    def take_over(self, post: str, hours: float, key: SigningKey, enrolment: Enrolment) -> Shift:
        """Puts the key's person on duty at a post, from now by the node's time, with a new shift."""
        view = self.desk()
        number = next((found.next_shift for found in view.posts if found.post.id == post), 1)
        shift = Shift(
            post=post,
            number=number,
            person=enrolment.person,
            key=key.public,
            start=view.time,
            until=view.time + hours * 3600.0,
        )
        signature = key.sign(begin_bytes(shift, rehearsal=enrolment.rehearsal))
        return self._write("POST", _shift_path(post), _ShiftAnswer, {"shift": shift, "signature": signature}).shift

    def stand_down(self, post: str) -> None:
        """Ends the shift of a post; until somebody takes it over, it is unmanned."""
        self._write("DELETE", _shift_path(post), _Written)

    def inbox(self, post: str) -> tuple[InboxItem, ...]:
        """The notices before a post."""
        return self._call("GET", f"/v1/posts/{quote(post, safe='')}/inbox", tuple[InboxItem, ...])

    def show(self, item: InboxItem) -> None:
        """Tells that the crew has the notice on its screen."""
        if item.notice.state is not NoticeState.PUT:
            return
        try:
            self._write("POST", f"/v1/notices/{quote(item.notice.id, safe='')}/shown", _Written, {})
        except StateError as error:
            if error.reason != "bad-move":  # the crew's other screen has shown it since
                raise

    def answer(self, receipt: Receipt, key: SigningKey) -> ReceiptTaken:
        """Signs a receipt, here, and sends it."""
        signed = SignedReceipt(receipt=receipt, signature=key.sign(receipt.signed_bytes()))
        return self._write("POST", "/v1/receipts", ReceiptTaken, signed)

    def _write(self, method: str, path: str, shape: type[_T], body: object = None) -> _T:
        """A call that changes something: its answer must carry the node's signed promise that it is on the record."""
        content = self._content(method, path, body)
        promised = _decoded(content, _Written, path).record
        genuine = verifies(promised.public, promised.promise.signed_bytes(), promised.signature)
        if not genuine or promised.public != self.public:
            raise WireError(
                "bad-promise",
                "the answer carries no promise that this node signed: what was done may not be on its record",
                where=path,
                remedy="look whether it was done, and ask the node's officer",
            )
        return _decoded(content, shape, path)

    def _call(self, method: str, path: str, shape: type[_T], body: object = None) -> _T:
        return _decoded(self._content(method, path, body), shape, path)

    def _content(self, method: str, path: str, body: object) -> bytes:
        content = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            answer = self._http.request(method, path, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = f"the node does not answer: {error or type(error).__name__}"
            raise UnreachableError(
                what, where=self._address, remedy="is it running, and is the address right?"
            ) from error
        if not answer.is_success:
            _raise(answer, path)
        return answer.content


def _shift_path(post: str) -> str:
    return f"/v1/posts/{quote(post, safe='')}/shift"


def _decoded(content: bytes, shape: type[_T], where: str) -> _T:
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        remedy = "is there a safeconduct node of this version at that address?"
        raise WireError("malformed", f"not an answer of a node: {error}", where=where, remedy=remedy) from error


_REFUSALS: Mapping[int, type[InputError]] = {403: ForbiddenError, 404: UnknownError, 409: StateError}


def _raise(answer: httpx.Response, path: str) -> None:
    """The node's problem as the error that it was there."""
    try:
        problem = msgspec.json.decode(answer.content, type=_ProblemAnswer).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problem = _Problem(f"http-{answer.status_code}", f"the node answered {answer.status_code}", path)
    if answer.status_code == 401:
        raise NotSignedInError(problem.what, where=problem.where, remedy=problem.remedy)
    if answer.status_code >= 500:
        raise UnreachableError(problem.what, where=problem.where or path, remedy=problem.remedy or "try again")
    refusal = _REFUSALS.get(answer.status_code, InputError)
    raise refusal(problem.reason, problem.what, where=problem.where, remedy=problem.remedy)


def _check_address(address: str) -> bool:
    """Whether it is this machine's; raises InputError for what is no address, or would send secrets in the clear."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https"):
        what = f"{address!r} is no address of a node"
        raise InputError("bad-address", what, where="node", remedy="write it as in http://127.0.0.1:8600")
    if parts.scheme == "http" and host not in LOOPBACK:
        what = f"{address} is another machine, and http sends the session's secret in the clear"
        raise InputError("insecure", what, where="node", remedy="use https, or a tunnel to this machine")
    return host in LOOPBACK
