/**
 * How a standing is shown. This is the only place where a standard identity is chosen, and its type has no member for
 * ill will: MIL-STD-2525 table A-II knows 5 and 6 too, and this console must never draw them (law 1).
 */
import { type Board, partyName } from "./board.ts";
import type { BoardTrack, Flight, Standing } from "./wire.ts";
import { percent } from "./words.ts";

/** MIL-STD-2525D standard identity, digit 4 of a number SIDC: 0 pending, 1 unknown, 3 friend, 4 neutral. */
export type Identity = 0 | 1 | 3 | 4;

interface Look {
  /** Identity where the named flight is the viewer's own, and otherwise. */
  readonly own: Identity;
  readonly other: Identity;
  /** In words, on labels and lists; never left to colour. */
  readonly word: string;
  /** Dash pattern of the velocity leader in pixels; empty for a solid line. */
  readonly dash: readonly number[];
  readonly width: number;
  /** Two parallel lines instead of one. */
  readonly double: boolean;
  /** Place in a list sorted by standing: what needs a person's eye comes first. */
  readonly rank: number;
}

/** Friend and neutral need a declared flight: what an aircraft says of itself never gives it a declared frame. */
export const LOOKS: Readonly<Record<Standing, Look>> = {
  verified: { own: 3, other: 4, word: "verified", dash: [], width: 1.25, double: true, rank: 4 },
  consistent: { own: 3, other: 4, word: "consistent", dash: [], width: 1.75, double: false, rank: 3 },
  "off-plan": { own: 3, other: 4, word: "off plan", dash: [8, 3, 2, 3], width: 1.75, double: false, rank: 1 },
  cooperative: { own: 0, other: 0, word: "cooperative", dash: [6, 4], width: 1.5, double: false, rank: 2 },
  unknown: { own: 1, other: 1, word: "unknown", dash: [2, 3], width: 1.75, double: false, rank: 0 },
};

/** The declared flight that the standing names, if it names one and the board knows it. */
export function namedFlight(board: Board, track: BoardTrack): Flight | null {
  return track.flight === null ? null : (board.flights.get(track.flight) ?? null);
}

export function identity(board: Board, track: BoardTrack): Identity {
  const look = LOOKS[track.standing];
  return namedFlight(board, track)?.party === board.node ? look.own : look.other;
}

/** Entity (digits 11 to 16, air symbol set) for a declared type; the plain frame where the word tells us nothing. */
const ENTITIES: readonly (readonly [RegExp, string])[] = [
  [/helicopter|rotor/, "110200"],
  [/uav|uas|rpa|drone|quad|copter/, "110300"],
  [/airliner|^[ab]\d{3}/, "120100"],
];
const UNSPECIFIED = "000000";

export function entity(type: string): string {
  return ENTITIES.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1] ?? UNSPECIFIED;
}

/**
 * Number SIDC, MIL-STD-2525D appendix A: version 10, context 0, identity, symbol set 01 (air), status 0, no amplifiers,
 * entity, no modifiers. A type is drawn only where a declared flight says it. A rehearsal is marked by the band and the
 * watermark, not by context 2: its letter S would be six pixels high.
 */
export function sidc(board: Board, track: BoardTrack): string {
  const flight = namedFlight(board, track);
  return `100${identity(board, track)}010000${flight === null ? UNSPECIFIED : entity(flight.aircraft.type)}0000`;
}

/** The bare frame of an identity, for the legend. */
export const frame = (shown: Identity): string => `100${shown}010000${UNSPECIFIED}0000`;

/** The standing as a sentence: whose declared flight it is, as far as is known. */
export function sentence(board: Board, track: BoardTrack): string {
  const flight = namedFlight(board, track);
  const whose = `${track.flight ?? "a declared flight"}${flight ? `, declared by ${partyName(board, flight.party)}` : ""}`;
  switch (track.standing) {
    case "verified":
      return `Verified as ${whose}`;
    case "consistent":
      return `Consistent with ${whose}`;
    case "off-plan":
      return `Off plan: identified as ${whose}, but outside its volumes`;
    case "cooperative":
      return "Cooperative: it identifies itself, and nobody has declared it here";
    case "unknown":
      return nothingDeclared(board)
        ? "Unknown: nothing was declared to this node"
        : "Unknown: not identified as any declared flight";
  }
}

/** Where nothing was declared here, that a track is no declared flight says nothing about the track. */
export const nothingDeclared = (board: Board): boolean => board.flights.size === 0;

/** What the standing rests on, and what it does not say. */
const MEANINGS: Readonly<Record<Standing, string>> = {
  verified:
    "A checked signature fits this aircraft in place and time. It proves who made the message, not who sent it from here.",
  consistent: "What was measured and heard fits the declaration. No signature was checked.",
  "off-plan": "What was heard still names this flight; where it is does not fit what was declared.",
  cooperative: "It says who it is. Anyone can transmit anything: this is its claim.",
  unknown: "It fits no declared flight well enough to be called one. Not being known is no reason against an aircraft.",
};

/** The probability of the standing in words, and what the standing rests on. */
export function meaning(board: Board, track: BoardTrack): string {
  if (nothingDeclared(board) && track.standing === "unknown") {
    return "No declaration has reached this node, so there is none that it could fit. Not being known is no reason against an aircraft.";
  }
  const weighed =
    track.flight !== null
      ? `${percent(track.probability)} that it is ${track.flight}. `
      : nothingDeclared(board)
        ? ""
        : `${percent(track.probability)} that it is none of the declared flights. `;
  return weighed + MEANINGS[track.standing];
}
