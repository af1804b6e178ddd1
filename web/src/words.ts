/** Numbers and codes in words for a person: SI first, the aviator's unit in brackets. */
import type { AdvisoryKind } from "./deskwire.ts";
import type { Evidence, Flight, Identifier, IdentifierConflict, Role, Sensor, SilentParty } from "./wire.ts";

const FOOT_M = 0.3048;
const KNOT_MPS = 1852 / 3600;

/** Whole number with thin spaces between thousands and a true minus. */
function grouped(value: number): string {
  const rounded = Math.round(value);
  const digits = String(Math.abs(rounded)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  return rounded < 0 ? `−${digits}` : digits;
}

export const clock = (time: number): string => new Date(time * 1000).toISOString().slice(11, 19);
export const clockZ = (time: number): string => `${clock(time)}Z`;
export const day = (time: number): string => new Date(time * 1000).toISOString().slice(0, 10);

/** "12 s", "3 min 05 s", "2 h 10 min". */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

export const height = (m: number): string => `${grouped(m)} m (${grouped(Math.round(m / FOOT_M / 10) * 10)} ft)`;
/** "2 500–3 800 m (8 200–12 470 ft)". */
export function heights(lower: number, upper: number): string {
  const feet = (m: number): string => grouped(Math.round(m / FOOT_M / 10) * 10);
  return `${grouped(lower)}–${grouped(upper)} m (${feet(lower)}–${feet(upper)} ft)`;
}
export const speed = (mps: number): string => `${grouped(mps)} m/s (${grouped(mps / KNOT_MPS)} kt)`;
export const climb = (mps: number): string => {
  if (Math.abs(mps) < 0.5) return "level";
  const feet = grouped(Math.round(Math.abs((mps / FOOT_M) * 60) / 10) * 10);
  return `${mps > 0 ? "climbing" : "descending"} ${Math.abs(mps).toFixed(1)} m/s (${feet} ft/min)`;
};
export const bearing = (degrees: number): string => `${String(Math.round(degrees) % 360).padStart(3, "0")}°`;
export const distance = (m: number): string => (m < 1000 ? `${Math.round(m)} m` : `${(m / 1000).toFixed(1)} km`);
export const many = (value: number): string => grouped(value);

/** "32.4339° N 13.6344° E". */
export function position(lon: number, lat: number): string {
  const part = (value: number, plus: string, minus: string): string =>
    `${Math.abs(value).toFixed(4)}° ${value < 0 ? minus : plus}`;
  return `${part(lat, "N", "S")} ${part(lon, "E", "W")}`;
}

/** Never 0 % or 100 %: a posterior is neither. Alike at both ends, so that what is left for the others adds up. */
export function percent(probability: number): string {
  if (probability >= 0.9995) return "> 99.9 %";
  if (probability <= 0.0005) return "< 0.1 %";
  const tenths = probability * 1000;
  if (probability > 0.99) return `${(Math.floor(tenths + ROUNDING) / 10).toFixed(1)} %`;
  if (probability < 0.01) return `${(Math.ceil(tenths - ROUNDING) / 10).toFixed(1)} %`;
  return `${Math.round(probability * 100)} %`;
}

/** What arithmetic may leave of a whole number of tenths. */
const ROUNDING = 1e-9;

export const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

/** Odds that correspond to log-odds in nats: "20 to 1 for", "3 to 1 against". */
export function odds(logOdds: number): string {
  const ratio = Math.exp(Math.abs(logOdds));
  if (ratio < 1.05) return "even";
  const shown = ratio > 9999 ? "over 9\u202f999" : ratio < 10 ? ratio.toFixed(1) : grouped(ratio);
  return `${shown} to 1 ${logOdds > 0 ? "for" : "against"}`;
}

export const IDENTIFIER_WORDS: Readonly<Record<Identifier["kind"], string>> = {
  icao_address: "24-bit address",
  remote_id_serial: "Remote ID serial",
  session_id: "Remote ID session",
  drip_entity_tag: "DRIP entity tag",
  callsign: "callsign",
};

export const SENSOR_WORDS: Readonly<Record<Sensor["kind"], string>> = {
  radar: "radar",
  camera: "camera",
  adsb: "ADS-B receiver",
  remote_id: "Remote ID receiver",
};

/** On the map, beside the sensor's own id. */
export const SENSOR_MARKS: Readonly<Record<Sensor["kind"], string>> = {
  radar: "R",
  camera: "C",
  adsb: "A",
  remote_id: "I",
};

export const EVIDENCE_WORDS: Readonly<Record<Evidence["kind"], string>> = {
  prior: "Before anything was seen",
  expected: "Due in watched air",
  plan: "Plan",
  history: "How it came there",
  crowd: "Others near that plan",
  identifier: "Identifier",
  signature: "Signature",
  emission: "Emission",
  type: "Type",
  answer: "Answers of parties",
  telemetry: "The flight's own telemetry",
  exclusion: "One flight, one aircraft",
};

export const SILENCE_WORDS: Readonly<Record<SilentParty["silence"], string>> = {
  "not-asked": "has not been asked",
  "no-answer": "has not answered",
  "does-not-take-part": "does not take part",
};

export const DISCLOSURE_WORDS: Readonly<Record<Flight["disclosure"], string>> = {
  open: "open (details to all)",
  coarse: "coarse (blurred volumes and a contact)",
  sealed: "sealed (a digest; answered by blind check)",
};

/** The declarer's word for a type, readable: "male_uav" is "male uav" to us, and we know no better. */
export const typeWords = (type: string): string => type.replaceAll("_", " ");

/** What a conflict of claims means, and no more: only claims made at once contradict each other. */
export const CONFLICT_MEANINGS: Readonly<Record<IdentifierConflict["kind"], string>> = {
  "at-once": "no aircraft could have made both claims; at least one is not its owner's",
  apart: "one aircraft could have made both claims, one after the other",
};

export function conflictWords(conflict: IdentifierConflict): string {
  const apart = `claimed ${distance(conflict.distance_m)} and ${span(conflict.gap_s)} apart`;
  return `${apart}, ${clock(conflict.first_time)}–${clockZ(conflict.last_time)}: ${CONFLICT_MEANINGS[conflict.kind]}`;
}

export const ROLE_WORDS: Readonly<Record<Role, string>> = {
  watch: "watch",
  operator: "operator",
  crew: "crew",
  officer: "officer",
  metrics: "metrics",
};

/** What an advisory is about. None says what to do, nor clears anything. */
export const ADVISORY_WORDS: Readonly<Record<AdvisoryKind, string>> = {
  inbound: "On its way in",
  inside: "Inside, no word before",
  changed: "Changed",
  expected: "Due, not seen",
  uncovered: "Not held by the post",
  covered: "Held now",
  ending: "Declaration ends",
  "off-plan": "Off plan",
  "on-plan": "Back on plan",
};

const BODY_WORDS: Readonly<Record<string, string>> = {
  multirotor: "Multirotor",
  "small fixed wing": "Small fixed wing",
  MALE: "MALE drone",
  aeroplane: "Aeroplane",
};

/** A kind of falling body; one that we have no word for as the node calls it. */
export const bodyWords = (body: string): string => BODY_WORDS[body] ?? body;

/** A fingerprint as people read it to each other: groups of four. */
export const groups = (fingerprint: string): string => fingerprint.match(/.{1,4}/g)?.join(" ") ?? "";

/** "in 12 min 30 s", "now", "12 s ago"; both times by the node. */
export function until(time: number, now: number): string {
  const left = Math.round(time - now);
  return left > 0 ? `in ${span(left)}` : left === 0 ? "now" : `${span(-left)} ago`;
}
