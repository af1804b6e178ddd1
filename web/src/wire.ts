/**
 * What the server sends: the types of `safeconduct.model`, field for field (JSON of the dataclasses), and their checks.
 * Times are Unix seconds UTC; lon and lat WGS-84 degrees; heights metres above the ellipsoid; speeds m/s.
 */
import {
  type Check,
  chance,
  checked,
  count,
  flag,
  list,
  nullable,
  number,
  type Of,
  oneOf,
  record,
  table,
  text,
  tuple,
  WireError,
} from "./check.ts";

export const place = tuple<readonly [number, number]>(number, number);

export const STANDINGS = ["verified", "consistent", "off-plan", "cooperative", "unknown"] as const;
export const standing = oneOf(STANDINGS);
export type Standing = (typeof STANDINGS)[number];

export const STATUSES = ["confirmed", "coasting", "lost"] as const;
const status = oneOf(STATUSES);
export type BoardStatus = (typeof STATUSES)[number];

export const identifier = record({
  kind: oneOf(["icao_address", "remote_id_serial", "session_id", "drip_entity_tag", "callsign"]),
  value: text,
});
export type Identifier = Of<typeof identifier>;

export const DOUBT_REASONS = ["gap", "crossing"] as const;

const lastContact = record({ time: number, lon: number, lat: number, height_m: nullable(number) });

const silentParty = record({
  party: text,
  silence: oneOf(["not-asked", "no-answer", "does-not-take-part"]),
});
export type SilentParty = Of<typeof silentParty>;

const boardTrack = record({
  id: text,
  status,
  time: number,
  lon: number,
  lat: number,
  height_m: nullable(number),
  pressure_altitude_m: nullable(number),
  velocity: tuple<readonly [number, number, number | null]>(number, number, nullable(number)),
  covariance: tuple<readonly [number, number, number]>(number, number, number),
  first_time: number,
  last_contact: lastContact,
  identifiers: list(identifier),
  standing,
  flight: nullable(text),
  probability: chance,
  shadowed: flag,
  conflicts: list(identifier),
  /** Where the standing names no flight: who has said nothing, and why (law 1). */
  silent: list(silentParty),
  /** Probability that this is not the aircraft that bore the id at first, and what may have brought that about. */
  doubt: chance,
  doubt_why: list(oneOf(DOUBT_REASONS)),
  /** Lost tracks that it may be the continuation of; nobody can be sure. */
  continues: list(record({ id: text, probability: chance })),
});
export type BoardTrack = Of<typeof boardTrack>;

/** Where an aircraft can be until `time` if it flies on, within bounds. */
const reachableArea = record({
  time: number,
  probability: chance,
  top_speed_mps: number,
  turn_dps: number,
  outline: list(place),
});
export type ReachableArea = Of<typeof reachableArea>;

const boardContact = record({ track: text, reach: reachableArea });
export type BoardContact = Of<typeof boardContact>;

const fallPoint = record({
  body: text,
  lon: number,
  lat: number,
  covariance: tuple<readonly [number, number, number]>(number, number, number),
  fall_s: number,
  glide_m: number,
});
export type FallPoint = Of<typeof fallPoint>;

const lastContactDetail = record({ track: boardTrack, reach: reachableArea, falls: list(fallPoint) });
export type LastContactDetail = Of<typeof lastContactDetail>;

const sensorKind = oneOf(["radar", "camera", "adsb", "remote_id"]);

const sensor = record({
  id: text,
  party: text,
  kind: sensorKind,
  lon: nullable(number),
  lat: nullable(number),
  alt_m: number,
  range_m: nullable(number),
});
export type Sensor = Of<typeof sensor>;

export const sector = record({
  id: text,
  party: text,
  name: text,
  centre: place,
  outline: list(place),
  lower_m: number,
  upper_m: number,
});
export type Sector = Of<typeof sector>;

const party = record({ id: text, name: text, takes_part: flag });
export type Party = Of<typeof party>;

export const volume = record({ outline: list(place), lower_m: number, upper_m: number, start: number, end: number });
export type Volume4D = Of<typeof volume>;

const routePoint = record({ lon: number, lat: number, alt_m: number, time: number });
export type RoutePoint = Of<typeof routePoint>;

const aircraft = record({
  type: text,
  owner: nullable(text),
  operator: nullable(text),
  crew: nullable(text),
  identifiers: list(identifier),
});

export const flight = record({
  id: text,
  version: count,
  party: text,
  aircraft,
  volumes: list(volume),
  route: list(routePoint),
  emits: list(sensorKind),
  disclosure: oneOf(["open", "coarse", "sealed"]),
  contact: text,
  state: oneOf(["Accepted", "Activated", "Nonconforming", "Contingent", "Ended"]),
});
export type Flight = Of<typeof flight>;

const identifierConflict = record({
  identifier,
  kind: oneOf(["at-once", "apart"]),
  tracks: list(text),
  first_time: number,
  last_time: number,
  places: list(place),
  distance_m: number,
  gap_s: number,
});
export type IdentifierConflict = Of<typeof identifierConflict>;

const boardDelta = record({
  number: count,
  time: number,
  rehearsal: flag,
  tracks: list(boardTrack),
  removed: list(text),
  flights: list(flight),
  conflicts: nullable(list(identifierConflict)),
  contacts: nullable(list(boardContact)),
});
export type BoardDelta = Of<typeof boardDelta>;

const boardSnapshot = record({
  epoch: text,
  number: count,
  time: number,
  node: text,
  title: text,
  rehearsal: flag,
  notice: text,
  parties: list(party),
  sensors: list(sensor),
  sectors: list(sector),
  flights: list(flight),
  tracks: list(boardTrack),
  conflicts: list(identifierConflict),
  contacts: list(boardContact),
});
export type BoardSnapshot = Of<typeof boardSnapshot>;

const evidence = record({
  kind: oneOf([
    "prior",
    "expected",
    "plan",
    "history",
    "crowd",
    "identifier",
    "signature",
    "emission",
    "type",
    "answer",
    "telemetry",
    "exclusion",
  ]),
  log_odds: number,
  time: number,
  lon: number,
  lat: number,
  sensor: nullable(text),
  text,
});
export type Evidence = Of<typeof evidence>;

const candidate = record({ flight: text, probability: chance, evidence: list(evidence) });
export type Candidate = Of<typeof candidate>;

const identification = record({
  track: text,
  time: number,
  candidates: list(candidate),
  unknown: chance,
  standing,
  flight: nullable(text),
  shadowed: flag,
  silent: list(silentParty),
  conflicts: list(identifier),
});
export type Identification = Of<typeof identification>;

/** Of a lost track the identification is as it last stood; none where it was never weighed. */
const trackDetail = record({ track: boardTrack, identification: nullable(identification) });
export type TrackDetail = Of<typeof trackDetail>;

const feed = record({
  path: text,
  format: text,
  messages: count,
  detections: count,
  rejected: table(count),
  /** Empty for none. */
  last_error: text,
});
export type Feed = Of<typeof feed>;

/** Nothing is implied by another role: `safeconduct.service.access` has who may do what. */
export const ROLES = ["watch", "operator", "crew", "officer", "metrics"] as const;
export const role = oneOf(ROLES);
export type Role = (typeof ROLES)[number];

/** Who is signed in. `post` is the post of a crew, null for others. */
const session = record({ party: text, person: text, name: text, role, post: nullable(text), expires: number });
export type Session = Of<typeof session>;

const refusal = record({ error: record({ reason: text, what: text, where: text, remedy: text }) });
export type Refusal = Of<typeof refusal>["error"];

export type LiveMessage =
  | { readonly kind: "snapshot"; readonly snapshot: BoardSnapshot }
  | { readonly kind: "delta"; readonly delta: BoardDelta };

/** One message of `/live`. Throws WireError. */
export function parseLive(data: string): LiveMessage {
  const body = json(data);
  const kind = (body as { kind?: unknown } | null)?.kind;
  if (kind === "snapshot") return { kind, snapshot: checked(boardSnapshot, body) };
  if (kind === "delta") return { kind, delta: checked(boardDelta, body) };
  throw new WireError({ path: "kind", what: `${JSON.stringify(kind)} is neither snapshot nor delta` });
}

export const parseTrackDetail = (data: string): TrackDetail => parse(trackDetail, data);
export const parseLastContact = (data: string): LastContactDetail => parse(lastContactDetail, data);
export const parseFeeds = (data: string): readonly Feed[] => parse(list(feed), data);
export const parseSession = (data: string): Session => parse(session, data);
export const parseRefusal = (data: string): Refusal => parse(refusal, data).error;

export function parse<T>(check: Check<T>, data: string): T {
  return checked(check, json(data));
}

function json(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    throw new WireError({ path: "", what: "is not JSON" });
  }
}
