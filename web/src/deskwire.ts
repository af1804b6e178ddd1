/**
 * What the server sends of coordination: `safeconduct.model.desk` and what it contains, field for field, with checks.
 * Times are Unix seconds UTC by the node; lon and lat WGS-84 degrees; heights metres above the ellipsoid.
 */
import { chance, count, flag, list, nullable, number, type Of, oneOf, record, text } from "./check.ts";
import { flight, parse, place, role, sector, standing, volume } from "./wire.ts";

export const COVERAGE_STATES = ["held", "waiting", "overdue", "refused", "stale", "unmanned", "unreachable"] as const;
export type CoverageState = (typeof COVERAGE_STATES)[number];

const coverage = record({
  flight: text,
  version: count,
  party: text,
  post: nullable(text),
  post_name: text,
  state: oneOf(COVERAGE_STATES),
  since: number,
  entry_time: nullable(number),
  read_back_error_m: nullable(number),
  text,
});
export type Coverage = Of<typeof coverage>;

const flightConflict = record({
  flight: text,
  version: count,
  kind: oneOf(["flight", "zone"]),
  other: text,
  other_version: count,
  party: text,
  start: number,
  end: number,
  lower_m: number,
  upper_m: number,
  lon: number,
  lat: number,
  area_m2: number,
  blurred: flag,
});
export type FlightConflict = Of<typeof flightConflict>;

export const CONFORMANCE_STATES = ["Conforming", "Excursion", "Nonconforming", "Contingent"] as const;
export const CONFORMANCE_LIMITS = [
  "OiMinConformance",
  "OiMaxDurationPerExcursion",
  "OiMaxExcursionsPerFlightHour",
] as const;

/** How an own flight keeps to its volumes, for as long as it was seen; `safeconduct.model.conformance`. */
const conformance = record({
  state: oneOf(CONFORMANCE_STATES),
  version: count,
  time: number,
  track: text,
  standing,
  probability: chance,
  seen_s: number,
  inside_share: chance,
  excursions: count,
  excursions_over: count,
  longest_s: number,
  since: nullable(number),
  excursion_s: number,
  outside: nullable(
    record({ away_m: number, bearing_deg: nullable(number), above_m: number, late_s: nullable(number) }),
  ),
  short_of: list(oneOf(CONFORMANCE_LIMITS)),
});
export type Conformance = Of<typeof conformance>;

/** `ref` is the flight's name at this node: its id, or "party:id" where two parties gave one id. */
const deskFlight = record({
  ref: text,
  own: flag,
  flight,
  coverage: list(coverage),
  conflicts: list(flightConflict),
  looks: count,
  conformance: nullable(conformance),
});
export type DeskFlight = Of<typeof deskFlight>;

const zone = record({
  id: text,
  version: count,
  party: text,
  name: text,
  reason: text,
  volumes: list(volume),
  exempt: list(text),
  lifted: flag,
});
export type Zone = Of<typeof zone>;

export const NOTICE_STATES = ["put", "shown", "received", "refused", "superseded", "closed"] as const;
const notice = record({
  id: text,
  flight: text,
  version: count,
  digest: text,
  post: text,
  shift: count,
  put: number,
  due: number,
  state: oneOf(NOTICE_STATES),
});
export type Notice = Of<typeof notice>;

export const RECEIPT_STATES = ["received", "refused", "misread"] as const;
const receiptState = oneOf(RECEIPT_STATES);
export type ReceiptState = (typeof RECEIPT_STATES)[number];

const inboxItem = record({
  notice,
  flight,
  entry_time: number,
  exit_time: number,
  state: nullable(receiptState),
  read_back_error_m: nullable(number),
  previous_version: count,
});
export type InboxItem = Of<typeof inboxItem>;

const post = record({ id: text, party: text, name: text, sector });
export type Post = Of<typeof post>;

const shift = record({ post: text, number: count, person: text, key: text, start: number, until: number });
export type Shift = Of<typeof shift>;

/** `next_shift` is the number that the next crew signs. */
const deskPost = record({ post, shift: nullable(shift), next_shift: count, waiting: count });
export type DeskPost = Of<typeof deskPost>;

export const ADVISORY_KINDS = [
  "inbound",
  "inside",
  "changed",
  "expected",
  "uncovered",
  "covered",
  "ending",
  "off-plan",
  "on-plan",
] as const;
export type AdvisoryKind = (typeof ADVISORY_KINDS)[number];

const advisory = record({
  id: text,
  kind: oneOf(ADVISORY_KINDS),
  role,
  post: nullable(text),
  shift: count,
  party: text,
  flight: text,
  version: count,
  track: nullable(text),
  standing,
  probability: chance,
  entry_time: nullable(number),
  time: number,
  text,
  reasons: list(text),
});
export type Advisory = Of<typeof advisory>;

const person = record({ id: text, name: text, role, post: nullable(text) });
export type Person = Of<typeof person>;

/** A person with the keys that the node takes from them; for an officer. */
const keyedPerson = record({ person, keys: list(record({ person: text, public: text, time: number })) });
export type KeyedPerson = Of<typeof keyedPerson>;

const guardedAir = record({ outline: list(place), lower_m: number, upper_m: number, since: number });
export type GuardedAir = Of<typeof guardedAir>;

/** Who is said to guard which air, and by whose word: `by` is a party's id. */
const airClaim = record({ party: text, name: text, by: text, air: guardedAir });
export type AirClaim = Of<typeof airClaim>;

/** `candidate` is the fingerprint of a newer card with another key, which waits to be compared; empty for none. */
const peer = record({
  party: text,
  name: text,
  address: text,
  fingerprint: text,
  guards: list(guardedAir),
  confirmed: flag,
  revoked: flag,
  candidate: text,
  outbox: count,
  since_heard_s: number,
  unreachable: flag,
  problem: text,
});
export type Peer = Of<typeof peer>;

const recordHead = record({ size: count, root: text, time: number, waiting: count });
export type RecordHead = Of<typeof recordHead>;

const deskView = record({
  number: count,
  time: number,
  rehearsal: flag,
  node: text,
  person: text,
  person_name: text,
  role,
  post: nullable(text),
  flights: list(deskFlight),
  zones: list(zone),
  posts: list(deskPost),
  inbox: list(inboxItem),
  advisories: list(advisory),
  people: list(person),
  peers: list(peer),
  directory: list(airClaim),
  record: recordHead,
});
export type DeskView = Of<typeof deskView>;

/** The node's signed word that what was just accepted will be in its record. */
const promise = record({
  promise: record({ node: text, leaf: text, time: number, within_s: number, rehearsal: flag }),
  public: text,
  signature: text,
});
export type SignedPromise = Of<typeof promise>;

const written = record({ record: promise });
const flightAnswer = record({ flight: deskFlight, record: promise });
export type FlightAnswer = Of<typeof flightAnswer>;
const flightsAnswer = record({ flights: list(deskFlight), record: promise });
export type FlightsAnswer = Of<typeof flightsAnswer>;

/**
 * What would come of a declaration; nothing of it is kept. `peers` get it; the crews of `told` and of `posts`, which are
 * ids of the node's own, would have to sign for it.
 */
const flightCheck = record({
  conflicts: list(flightConflict),
  told: list(record({ party: text, name: text, entry_time: nullable(number), reachable: flag })),
  posts: list(text),
  peers: list(record({ party: text, name: text })),
});
export type FlightCheck = Of<typeof flightCheck>;

const look = record({ party: text, role: text, version: count, time: number });
export type Look = Of<typeof look>;

const challenge = record({ challenge: text, expires: number });
const keyAnswer = record({ key_id: text, record: promise });
const shiftAnswer = record({ shift, record: promise });
const noticeAnswer = record({ notice, record: promise });
const receiptAnswer = record({ state: receiptState, read_back_error_m: nullable(number), record: promise });
export type ReceiptAnswer = Of<typeof receiptAnswer>;

const link = record({ token: text, link: text, expires: number });
export type Link = Of<typeof link>;

const card = record({
  party: text,
  name: text,
  address: text,
  public: text,
  guards: list(guardedAir),
  witnesses: flag,
  issued: number,
  rehearsal: flag,
});
const signedCard = record({ card, signature: text });
export type SignedCard = Of<typeof signedCard>;

/** Throws WireError, as do all below. */
export const parseDesk = (data: string): DeskView => parse(deskView, data);
export const parseWritten = (data: string): SignedPromise => parse(written, data).record;
export const parseFlightAnswer = (data: string): FlightAnswer => parse(flightAnswer, data);
export const parseFlightsAnswer = (data: string): FlightsAnswer => parse(flightsAnswer, data);
export const parseFlightCheck = (data: string): FlightCheck => parse(flightCheck, data);
export const parseLooks = (data: string): readonly Look[] => parse(list(look), data);
export const parseChallenge = (data: string): string => parse(challenge, data).challenge;
export const parseKeyAnswer = (data: string): string => parse(keyAnswer, data).key_id;
export const parseShiftAnswer = (data: string): Shift => parse(shiftAnswer, data).shift;
export const parseNoticeAnswer = (data: string): Notice => parse(noticeAnswer, data).notice;
export const parseReceiptAnswer = (data: string): ReceiptAnswer => parse(receiptAnswer, data);
export const parsePeople = (data: string): readonly KeyedPerson[] => parse(list(keyedPerson), data);
export const parseLink = (data: string): Link => parse(link, data);
export const parseCard = (data: string): SignedCard => parse(signedCard, data);
