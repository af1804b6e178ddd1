/** What the desk's tests share: a view with a few flights and zones, typed as the wire has it. */
import type { Coverage, DeskFlight, DeskView, FlightConflict, Zone } from "../src/deskwire.ts";
import type { Flight, Volume4D } from "../src/wire.ts";

/** 2019-11-21 12:00:00Z. */
export const NOON = Date.parse("2019-11-21T12:00:00Z") / 1000;

export const volume = (change: Partial<Volume4D> = {}): Volume4D => ({
  outline: [
    [13, 32],
    [13.5, 32],
    [13.5, 32.5],
  ],
  lower_m: 2000,
  upper_m: 3000,
  start: NOON + 600,
  end: NOON + 4200,
  ...change,
});

export const flight = (change: Partial<Flight> = {}): Flight => ({
  id: "AFRICOM-01",
  version: 2,
  party: "africom",
  aircraft: {
    type: "male_uav",
    owner: "africom",
    operator: "italy",
    crew: null,
    identifiers: [{ kind: "icao_address", value: "0a1b2c" }],
  },
  volumes: [volume()],
  route: [],
  emits: ["adsb"],
  disclosure: "open",
  contact: "+49 711 1",
  state: "Accepted",
  ...change,
});

export const line = (change: Partial<Coverage> = {}): Coverage => ({
  flight: "AFRICOM-01",
  version: 2,
  party: "lna",
  post: "tarhuna",
  post_name: "Tarhuna air watch",
  state: "held",
  since: NOON - 60,
  entry_time: NOON + 905,
  read_back_error_m: null,
  text: "",
  ...change,
});

export const conflict = (change: Partial<FlightConflict> = {}): FlightConflict => ({
  flight: "AFRICOM-01",
  version: 2,
  kind: "flight",
  other: "ITALY-01",
  other_version: 1,
  party: "italy",
  start: NOON + 700,
  end: NOON + 1500,
  lower_m: 2100,
  upper_m: 2500,
  lon: 13.3,
  lat: 32.2,
  area_m2: 1e6,
  blurred: false,
  ...change,
});

export const zone = (change: Partial<Zone> = {}): Zone => ({
  id: "z1",
  version: 1,
  party: "africom",
  name: "Food drop",
  reason: "Parachutes",
  volumes: [volume({ start: NOON - 600, end: NOON + 600 })],
  exempt: ["africom", "un"],
  lifted: false,
  ...change,
});

export const known = (change: Partial<DeskFlight> = {}): DeskFlight => ({
  ref: change.flight?.id ?? "AFRICOM-01",
  own: true,
  flight: flight(),
  coverage: [line()],
  conflicts: [],
  looks: 0,
  conformance: null,
  ...change,
});

export const desk = (change: Partial<DeskView> = {}): DeskView => ({
  number: 1,
  time: NOON,
  rehearsal: true,
  node: "africom",
  person: "ops",
  person_name: "Ops",
  role: "operator",
  post: null,
  flights: [known()],
  zones: [zone()],
  posts: [],
  inbox: [],
  advisories: [],
  people: [],
  peers: [],
  directory: [],
  record: { size: 1, root: "", time: NOON, waiting: 0 },
  ...change,
});
