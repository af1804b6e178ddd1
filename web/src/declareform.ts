/** A flight as somebody types it: the draft, what it means, and what is wrong with it, by field. Pure. */
import type { Declaration } from "./deskcalls.ts";
import type { DeskView } from "./deskwire.ts";
import { rounded } from "./drawing.ts";
import type { LonLat } from "./geo.ts";
import { corridor, lengths, type Margins, marginsOf } from "./outline.ts";
import { fieldOf, type Problems, timeText, typedNumber, typedTime } from "./typed.ts";
import { METRES, readVolume, UTC, VOLUME_FIELDS, type VolumeRow, volumeRow } from "./volumeform.ts";
import type { Flight, Identifier, Refusal, RoutePoint, Volume4D } from "./wire.ts";
import { day } from "./words.ts";

export interface RouteRow {
  readonly lon: string;
  readonly lat: string;
  readonly alt_m: string;
  readonly time: string;
}

/** All of it as typed. `ref` and `replaces` are of the flight that is changed, null for a new one. */
export interface Draft {
  readonly ref: string | null;
  readonly replaces: number | null;
  readonly id: string;
  readonly aircraft: {
    readonly type: string;
    readonly owner: string;
    readonly operator: string;
    readonly crew: string;
    readonly identifiers: readonly { readonly kind: Identifier["kind"]; readonly value: string }[];
  };
  readonly emits: { readonly adsb: boolean; readonly remote_id: boolean };
  readonly disclosure: "open" | "coarse";
  readonly contact: string;
  /** How the volumes come about: about the route, or one by one. */
  readonly way: "route" | "volumes";
  readonly route: readonly RouteRow[];
  /** With what rows are filled in that were only drawn. */
  readonly plan: { readonly start: string; readonly speed: string; readonly height: string };
  readonly margins: {
    readonly half_width: string;
    readonly vertical: string;
    readonly early: string;
    readonly late: string;
  };
  readonly volumes: readonly VolumeRow[];
}

/** A draft with nothing said but what can be guessed without harm. */
export function blank(view: DeskView | null, now: number): Draft {
  const party = view?.node ?? "";
  const start = timeText(soon(now));
  return {
    ref: null,
    replaces: null,
    id: suggestedId(party, now, view?.flights.map(({ flight }) => flight.id) ?? []),
    aircraft: { type: "", owner: party, operator: party, crew: party, identifiers: [] },
    emits: { adsb: false, remote_id: false },
    disclosure: "open",
    contact: latestContact(view),
    way: "route",
    route: [],
    plan: { start, speed: "", height: "" },
    margins: { half_width: "1000", vertical: "150", early: "10", late: "20" },
    volumes: [],
  };
}

/** Half an hour from now, on the next five minutes. */
export const soon = (now: number): number => Math.ceil((now + 1800) / 300) * 300;

/** "AFRICOM-1121-01": whose, which day, and the first number that is free. */
export function suggestedId(party: string, now: number, taken: readonly string[]): string {
  const stem = `${party.toUpperCase()}-${day(now).slice(5).replace("-", "")}`;
  for (let i = 1; ; i++) {
    const id = `${stem}-${String(i).padStart(2, "0")}`;
    if (!taken.includes(id)) return id;
  }
}

function latestContact(view: DeskView | null): string {
  const own = view?.flights.filter(({ own, flight }) => own && flight.contact !== "") ?? [];
  return own.at(-1)?.flight.contact ?? "";
}

/** The draft of a change: everything as it is declared, the volumes by their route where they were made so. */
export function draftOf(ref: string, flight: Flight): Draft {
  const margins = marginsOf(flight.route, flight.volumes);
  const { type, owner, operator, crew, identifiers } = flight.aircraft;
  return {
    ref,
    replaces: flight.version,
    id: flight.id,
    aircraft: { type, owner: owner ?? "", operator: operator ?? "", crew: crew ?? "", identifiers },
    emits: { adsb: flight.emits.includes("adsb"), remote_id: flight.emits.includes("remote_id") },
    disclosure: flight.disclosure === "coarse" ? "coarse" : "open",
    contact: flight.contact,
    way: margins === null ? "volumes" : "route",
    route: flight.route.map(routeRow),
    plan: { start: flight.route[0] ? timeText(flight.route[0].time) : "", speed: "", height: "" },
    margins: {
      half_width: String(margins?.halfWidth_m ?? 1000),
      vertical: String(margins?.vertical_m ?? 150),
      early: String((margins?.early_s ?? 600) / 60),
      late: String((margins?.late_s ?? 1200) / 60),
    },
    volumes: margins === null ? flight.volumes.map(volumeRow) : [],
  };
}

const routeRow = ({ lon, lat, alt_m, time }: RoutePoint): RouteRow => ({
  lon: String(lon),
  lat: String(lat),
  alt_m: String(alt_m),
  time: timeText(time),
});

/** Every field that the form shows, by its path. */
export function fields(draft: Draft): string[] {
  const each = <T>(list: readonly T[], name: string, parts: readonly string[]): string[] =>
    list.flatMap((_, i) => parts.map((part) => `${name}[${i}].${part}`));
  return [
    "id",
    ...["type", "owner", "operator", "crew"].map((name) => `aircraft.${name}`),
    ...each(draft.aircraft.identifiers, "aircraft.identifiers", ["value"]),
    "emits",
    "disclosure",
    "contact",
    "route",
    ...each(draft.route, "route", ["lat", "lon", "alt_m", "time"]),
    ...(draft.way === "route" ? MARGIN_FIELDS : ["volumes", ...each(draft.volumes, "volumes", VOLUME_FIELDS)]),
  ];
}

const MARGIN_FIELDS = ["half_width", "vertical", "early", "late"].map((name) => `margins.${name}`);

/** The field that a refusal of the node is about; empty for none of them. */
export function refusedField(where: string, draft: Draft): string {
  const kind = draft.aircraft.identifiers.findIndex((one) => where.endsWith(one.kind));
  if (kind >= 0) return `aircraft.identifiers[${kind}].value`;
  if (draft.way === "route" && /volume|outline|lower_m|upper_m/.test(where)) return "margins.half_width";
  const known = fields(draft);
  const row = /(route|volumes)\W+(\d+)\]?$/.exec(where);
  const first = row && `${row[1]}[${row[2]}].${row[1] === "route" ? "lat" : "outline"}`;
  if (first && known.includes(first)) return first;
  const field = fieldOf(where, known);
  if (field !== "") return field;
  // A volume's own field, but of which volume is not said.
  return draft.way === "volumes" && /outline|lower_m|upper_m|start|end|volume/.test(where) ? "volumes" : "";
}

export interface Meaning {
  readonly declaration: Declaration | null;
  readonly problems: Problems;
}

/** What the draft declares, or every field that keeps it from doing so. */
export function read(draft: Draft, now: number): Meaning {
  const problems = new Map<string, string>();
  const wrong = (field: string, words: string): void => {
    if (!problems.has(field)) problems.set(field, words);
  };
  const id = idProblem(draft.id);
  if (id !== null) wrong("id", id);
  if (draft.aircraft.type.trim() === "") wrong("aircraft.type", "Say what it is, in your own word.");
  const identifiers = draft.aircraft.identifiers.map((one, i) => {
    const value = normal(one);
    const found = identifierProblem(one.kind, value);
    if (found !== null) wrong(`aircraft.identifiers[${i}].value`, found);
    return { kind: one.kind, value };
  });
  const route = readRoute(draft.route, now, wrong);
  const volumes = draft.way === "route" ? routeVolumes(draft, route, wrong) : readVolumes(draft.volumes, now, wrong);
  if (problems.size > 0 || volumes === null) return { declaration: null, problems };
  const { type, owner, operator, crew } = draft.aircraft;
  const named = (party: string): string | null => party.trim() || null;
  const aircraft = {
    type: type.trim(),
    owner: named(owner),
    operator: named(operator),
    crew: named(crew),
    identifiers,
  };
  const emits = EMISSIONS.filter((kind) => draft.emits[kind]);
  const { disclosure, contact } = draft;
  const declaration = { id: draft.id.trim(), aircraft, volumes, route, emits, disclosure, contact: contact.trim() };
  return { declaration, problems };
}

export const EMISSIONS = ["adsb", "remote_id"] as const;

/** The normal form, as the node has it: addresses in lower case, everything else in upper case. */
const normal = ({ kind, value }: { readonly kind: Identifier["kind"]; readonly value: string }): string =>
  kind === "icao_address" || kind === "drip_entity_tag" ? value.trim().toLowerCase() : value.trim().toUpperCase();

/** Why a text cannot be the id of a flight or a zone; null where it can: ids stand in addresses. */
export function idProblem(typed: string): string | null {
  const id = typed.trim();
  if (id === "") return "Give it a name of its own.";
  if (id.length > 64) return "Up to 64 characters.";
  return /[/\\:?#%]/.test(id) ? "Without / \\ : ? # and %." : null;
}

/**
 * Why a value cannot be an identifier of its kind; null where it can. Addresses: ICAO Annex 10 volume III; Remote ID: ASTM
 * F3411-22a, 20 bytes; entity tags: RFC 9374 section 8.1; callsigns: ICAO Doc 4444 item 7.
 */
export function identifierProblem(kind: Identifier["kind"], value: string): string | null {
  if (value === "") return "Fill it in, or take the line away.";
  if (!/^[\x20-\x7e]+$/.test(value)) return "Plain letters and digits only.";
  switch (kind) {
    case "icao_address":
      return /^[0-9a-f]{6}$/.test(value) ? null : "Six hexadecimal digits, such as 0a1b2c.";
    case "remote_id_serial":
    case "session_id":
      return /^\S{1,20}$/.test(value) ? null : "Up to 20 characters, without blanks.";
    case "drip_entity_tag":
      return /^2001:3[0-9a-f](:[0-9a-f]{0,4}){1,6}$/.test(value) ? null : "An IPv6 address that begins with 2001:3.";
    case "callsign":
      return /^[A-Z0-9]{1,7}$/.test(value.replace(/[- ]/g, "")) ? null : "Up to seven letters and digits.";
  }
}

/** What makes a serial look mistyped, though it may be so: ANSI/CTA-2063-A has its length as the fifth character. */
export function serialDoubt(value: string): string | null {
  const serial = value.trim().toUpperCase();
  const fits = /^[0-9A-HJ-NP-Z]{4}[1-9A-F][0-9A-HJ-NP-Z]+$/.test(serial);
  if (serial === "" || (fits && serial.length === 5 + Number.parseInt(serial[4] ?? "", 16))) return null;
  return "Not as ANSI/CTA-2063-A makes serials. Look again; it is sent as it is.";
}

function readRoute(rows: readonly RouteRow[], now: number, wrong: Wrong): RoutePoint[] {
  const points = rows.map((row, i) => {
    const field = (name: string): string => `route[${i}].${name}`;
    const number = (name: "lon" | "lat" | "alt_m", most: number, words: string): number => {
      const value = typedNumber(row[name]);
      if (value === null || Math.abs(value) > most) wrong(field(name), words);
      return value ?? 0;
    };
    const lon = number("lon", 180, "Degrees east, −180 to 180.");
    const lat = number("lat", 90, "Degrees north, −90 to 90.");
    const alt_m = number("alt_m", 100_000, METRES);
    const time = typedTime(row.time, now);
    if (time === null) wrong(field("time"), UTC);
    return { lon, lat, alt_m, time: time ?? Number.NaN };
  });
  points.forEach((point, i) => {
    const before = points[i - 1];
    if (before && point.time <= before.time) wrong(`route[${i}].time`, "Not after the point before.");
  });
  return points;
}

type Wrong = (field: string, words: string) => void;

function routeVolumes(draft: Draft, route: RoutePoint[], wrong: Wrong): Volume4D[] | null {
  if (draft.route.length < 2) wrong("route", "Two points or more: draw the line on the map, or add rows.");
  const margins = readMargins(draft, wrong);
  if (margins === null || route.length < 2 || route.some(({ time }) => Number.isNaN(time))) return null;
  return corridor(route, margins);
}

function readMargins({ margins }: Draft, wrong: Wrong): Margins | null {
  let good = true;
  const number = (name: keyof Draft["margins"], least: number, most: number, words: string): number => {
    const value = typedNumber(margins[name]);
    if (value !== null && value >= least && value <= most) return value;
    good = false;
    wrong(`margins.${name}`, words);
    return 0;
  };
  const found = {
    halfWidth_m: number("half_width", 5, 100_000, "Metres to each side, 5 to 100 000."),
    vertical_m: number("vertical", 1, 20_000, "Metres up and down, 1 to 20 000."),
    early_s: 60 * number("early", 0, 1440, "Minutes, 0 to 1440."),
    late_s: 60 * number("late", 0, 1440, "Minutes, 0 to 1440."),
  };
  return good ? found : null;
}

function readVolumes(rows: readonly VolumeRow[], now: number, wrong: Wrong): Volume4D[] | null {
  if (rows.length === 0) wrong("volumes", "One volume or more: where it may be, and when.");
  const made = rows.map((row, i) => readVolume(row, now, (field, words) => wrong(`volumes[${i}].${field}`, words)));
  return made.every((one) => one !== null) ? made : null;
}

/** The places of the route that can be read, for the map. */
export function lineOf(draft: Draft): LonLat[] {
  return draft.route.flatMap(({ lon, lat }) => {
    const [x, y] = [typedNumber(lon), typedNumber(lat)];
    return x === null || y === null || Math.abs(x) > 180 || Math.abs(y) > 90 ? [] : [[x, y] as const];
  });
}

/** The route as typed; null while a row of it cannot be read. */
export function routeOf(draft: Draft, now: number): RoutePoint[] | null {
  let good = true;
  const route = readRoute(draft.route, now, () => {
    good = false;
  });
  return good ? route : null;
}

/** The margins as typed; null while one of them cannot be read. */
export const marginsTyped = (draft: Draft): Margins | null => readMargins(draft, () => {});

export function anotherPoint({ route, plan }: Draft): RouteRow {
  return { lon: "", lat: "", alt_m: route.at(-1)?.alt_m ?? plan.height, time: route.length === 0 ? plan.start : "" };
}

/** Another identifier, of the first kind that there is none of yet. */
export function withIdentifier(draft: Draft): Draft {
  const { identifiers } = draft.aircraft;
  const kind = IDENTIFIER_KINDS.find((one) => !identifiers.some((other) => other.kind === one)) ?? "callsign";
  return { ...draft, aircraft: { ...draft.aircraft, identifiers: [...identifiers, { kind, value: "" }] } };
}

export function withoutIdentifier(draft: Draft, index: number): Draft {
  return { ...draft, aircraft: { ...draft.aircraft, identifiers: draft.aircraft.identifiers.toSpliced(index, 1) } };
}

const IDENTIFIER_KINDS: readonly Identifier["kind"][] = [
  "icao_address",
  "remote_id_serial",
  "callsign",
  "session_id",
  "drip_entity_tag",
];

/** Rows for a line drawn on the map: where a corner was there before, its height and time stay. */
export function withLine(draft: Draft, places: readonly LonLat[], now: number): Draft {
  const old = new Map(draft.route.map((row) => [`${row.lon}, ${row.lat}`, row]));
  const route = places.map(rounded).map(([lon, lat]) => {
    const kept = old.get(`${lon}, ${lat}`);
    return kept ?? { lon: String(lon), lat: String(lat), alt_m: draft.plan.height, time: "" };
  });
  const untimed = { ...draft, route };
  return route.some(({ time }) => time === "") ? timed(untimed, now) : untimed;
}

/** The route with the plan's height where none is given, and times by the plan's start and speed, where these can be read. */
export function timed(draft: Draft, now: number): Draft {
  const start = typedTime(draft.plan.start, now);
  const speed = typedNumber(draft.plan.speed);
  const places = draft.route.map(({ lon, lat }): LonLat => [Number(lon), Number(lat)]);
  const along = places.every(([lon, lat]) => Number.isFinite(lon + lat)) ? lengths(places) : null;
  const filled = draft.route.map((row, i) => {
    const alt_m = row.alt_m === "" ? draft.plan.height : row.alt_m;
    if (start === null || speed === null || speed <= 0 || along === null) return { ...row, alt_m };
    return { ...row, alt_m, time: timeText(Math.ceil(start + (along[i] ?? 0) / speed)) };
  });
  return { ...draft, route: filled };
}

/** A refusal of the node as sentences, with where it is when no field of the form is that. */
export function refusalWords({ what, where, remedy }: Refusal, field: string): string {
  const place = field === "" && where !== "" ? ` (${where})` : "";
  return [`${what}${place}`, remedy]
    .filter(Boolean)
    .map((words) => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : "."))
    .join(" ");
}

/** What differs between two versions of a flight, in words. */
export function differences(before: Flight, after: Flight): string[] {
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const said = (value: string | null): string => value || "not said";
  const found: string[] = [];
  const word = (name: string, a: string | null, b: string | null): void => {
    if (a !== b) found.push(`${name}: was ${said(a)}, is ${said(b)}`);
  };
  word("Type", before.aircraft.type, after.aircraft.type);
  word("Owner", before.aircraft.owner, after.aircraft.owner);
  word("Operator", before.aircraft.operator, after.aircraft.operator);
  word("Crew", before.aircraft.crew, after.aircraft.crew);
  word("Disclosure", before.disclosure, after.disclosure);
  word("Contact", before.contact, after.contact);
  word("State", before.state, after.state);
  const claims = ({ aircraft }: Flight): string => aircraft.identifiers.map(({ value }) => value).join(", ");
  word("Identifiers", claims(before), claims(after));
  word("Can be heard by", before.emits.join(", "), after.emits.join(", "));
  const volumes = ({ volumes }: Flight): string =>
    `${volumes.length} from ${timeText(Math.min(...volumes.map(({ start }) => start)))}`;
  if (!same(before.volumes, after.volumes)) {
    found.push(
      volumes(before) === volumes(after)
        ? "Volumes: their outlines, heights or ends"
        : `Volumes: were ${volumes(before)}, are ${volumes(after)}`,
    );
  }
  if (!same(before.route, after.route))
    found.push(`Route: had ${before.route.length} points, has ${after.route.length}, not all the same`);
  return found;
}
