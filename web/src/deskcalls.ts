/** What the console asks of the node's desk, one function an operation of its `/v1`. Each throws `Refused`. */
import { canonical } from "./canonical.ts";
import * as wire from "./deskwire.ts";
import { type DeviceKey, sign } from "./postkeys.ts";
import { call, send } from "./session.ts";
import type { Flight, Role } from "./wire.ts";

const part = encodeURIComponent;
const ignore = (): void => {};

// Flights and zones

/** A flight as it is declared: party, version and state are the node's to say. */
export type Declaration = Omit<Flight, "party" | "version" | "state">;
export type ZoneDeclaration = Pick<wire.Zone, "id" | "name" | "reason" | "volumes" | "exempt">;

export const checkFlight = (declaration: Declaration): Promise<wire.FlightCheck> =>
  send("POST", "/v1/flights/check", declaration, wire.parseFlightCheck);
export const declareFlight = (declaration: Declaration, refuseConflicts = false): Promise<wire.FlightAnswer> =>
  send("POST", `/v1/flights${refuseConflicts ? "?conflicts=refuse" : ""}`, declaration, wire.parseFlightAnswer);
/** `file` is the text of a flights.json; all of it is taken, or none. */
export const declareFile = (file: string): Promise<wire.FlightsAnswer> =>
  call("/v1/flights/file", wire.parseFlightsAnswer, { method: "POST", body: file });
export const changeFlight = (ref: string, declaration: Declaration, replaces: number): Promise<wire.FlightAnswer> =>
  send("PUT", `/v1/flights/${part(ref)}`, { ...declaration, replaces }, wire.parseFlightAnswer);
export const moveFlight = (ref: string, state: Flight["state"]): Promise<wire.FlightAnswer> =>
  send("POST", `/v1/flights/${part(ref)}/state`, { state }, wire.parseFlightAnswer);
/** Opening another party's flight is a look: it is on the record, and its owner is told. */
export const openFlight = (ref: string): Promise<void> => call(`/v1/flights/${part(ref)}`, ignore);
export const flightLooks = (ref: string): Promise<readonly wire.Look[]> =>
  call(`/v1/flights/${part(ref)}/looks`, wire.parseLooks);
export const setZone = (zone: ZoneDeclaration): Promise<void> => send("POST", "/v1/zones", zone, ignore);
export const changeZone = (zone: ZoneDeclaration): Promise<void> =>
  send("PUT", `/v1/zones/${part(zone.id)}`, zone, ignore);
export const liftZone = (id: string): Promise<void> => send("DELETE", `/v1/zones/${part(id)}`, undefined, ignore);

// Keys, shifts and receipts: signed on this device

/** Has the node take the public half; the signature shows that the secret half is here. */
export async function enrol(key: DeviceKey): Promise<void> {
  const { party, person, rehearsal } = key;
  const proof = canonical({ node: party, person, public: key.public, rehearsal }, "key", 1);
  await send("POST", "/v1/keys", { public: key.public, signature: await sign(key, proof) }, wire.parseKeyAnswer);
}

export async function beginShift(shift: wire.Shift, key: DeviceKey): Promise<wire.Shift> {
  const signature = await sign(key, canonical({ shift, rehearsal: key.rehearsal }, "shift", 1));
  return send("POST", `/v1/posts/${part(shift.post)}/shift`, { shift, signature }, wire.parseShiftAnswer);
}
export const standDown = (post: string): Promise<void> =>
  send("DELETE", `/v1/posts/${part(post)}/shift`, undefined, ignore);

/** Tells the node that the crew's screen shows it. */
export const shown = (notice: string): Promise<wire.Notice> =>
  send("POST", `/v1/notices/${part(notice)}/shown`, {}, wire.parseNoticeAnswer);

/** `safeconduct.model.receipt.Receipt`, every field of it. */
export interface Receipt {
  readonly notice: string;
  readonly flight: string;
  readonly version: number;
  readonly digest: string;
  readonly post: string;
  readonly shift: number;
  readonly key: string;
  readonly answer: "received" | "refused";
  readonly read_back: { readonly lon: number; readonly lat: number } | null;
  readonly reason: string;
  readonly time: number;
  readonly rehearsal: boolean;
}

export async function giveReceipt(receipt: Receipt, key: DeviceKey): Promise<wire.ReceiptAnswer> {
  const signature = await sign(key, canonical(receipt, "receipt", 1));
  return send("POST", "/v1/receipts", { receipt, signature }, wire.parseReceiptAnswer);
}

// What an officer does

export interface PostSetting {
  readonly name: string;
  readonly sector: Pick<wire.Post["sector"], "name" | "centre" | "outline" | "lower_m" | "upper_m">;
}
export interface PersonSetting {
  readonly name: string;
  readonly role: Role;
  readonly post: string | null;
}

export const setPost = (id: string, post: PostSetting): Promise<void> =>
  send("PUT", `/v1/posts/${part(id)}`, post, ignore);
export const people = (): Promise<readonly wire.KeyedPerson[]> => call("/v1/people", wire.parsePeople);
export const setPerson = (id: string, person: PersonSetting): Promise<void> =>
  send("PUT", `/v1/people/${part(id)}`, person, ignore);
export const makeLink = (person: string): Promise<wire.Link> =>
  send("POST", `/v1/people/${part(person)}/link`, {}, wire.parseLink);
export const revokeKey = (person: string, key: string): Promise<void> =>
  send("DELETE", `/v1/people/${part(person)}/keys/${part(key)}`, undefined, ignore);
export const ownCard = (): Promise<wire.SignedCard> => call("/v1/card", wire.parseCard);
/** `card` is the text of a signed card. */
export const addPeer = (card: string): Promise<void> => call("/v1/peers", ignore, { method: "POST", body: card });
export const confirmPeer = (party: string, fingerprint: string): Promise<void> =>
  send("POST", `/v1/peers/${part(party)}/confirm`, { fingerprint }, ignore);
export const revokePeer = (party: string, reason: string): Promise<void> =>
  send("DELETE", `/v1/peers/${part(party)}`, { reason }, ignore);
