/** The HTTP side: who is signed in, the reasons for one track, the health of the feeds. Same origin, cookie only. */
import { canonical } from "./canonical.ts";
import { WireError } from "./check.ts";
import { parseChallenge } from "./deskwire.ts";
import { type DeviceKey, sign } from "./postkeys.ts";
import {
  type Feed,
  type LastContactDetail,
  parseFeeds,
  parseLastContact,
  parseRefusal,
  parseSession,
  parseTrackDetail,
  type Refusal,
  type Session,
  type TrackDetail,
} from "./wire.ts";

/** The server said no, or nothing: with what, where and what to do about it, as it said them. */
export class Refused extends Error {
  readonly status: number;
  readonly refusal: Refusal;

  constructor(status: number, refusal: Refusal) {
    super([refusal.what, refusal.remedy].filter(Boolean).join(". "));
    this.name = "Refused";
    this.status = status;
    this.refusal = refusal;
  }
}

const UNREACHABLE: Refusal = {
  reason: "unreachable",
  what: "The node cannot be reached",
  where: "",
  remedy: "Check that it is running, then try again",
};

export async function call<T>(path: string, parse: (body: string) => T, init?: RequestInit): Promise<T> {
  let response: Response;
  let body: string;
  try {
    response = await fetch(path, { ...init, headers: { "content-type": "application/json" } });
    body = await response.text();
  } catch {
    throw new Refused(0, UNREACHABLE);
  }
  if (!response.ok) throw new Refused(response.status, refusalOf(response.status, body));
  return parse(body);
}

/** A call with a body; `undefined` sends none. */
export function send<T>(method: string, path: string, body: unknown, parse: (body: string) => T): Promise<T> {
  return call(path, parse, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

function refusalOf(status: number, body: string): Refusal {
  try {
    return parseRefusal(body);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { reason: `http-${status}`, what: `The node answered ${status} without a reason`, where: "", remedy: "" };
  }
}

/** Refused with 401 where nobody is signed in. */
export const whoAmI = (): Promise<Session> => call("/v1/session", parseSession);
export const signIn = (token: string): Promise<Session> => send("POST", "/v1/session", { token }, parseSession);
/** Proves to the node that this device holds an enrolled key. */
export async function signInByKey(key: DeviceKey): Promise<Session> {
  const challenge = await send("POST", "/v1/session/challenge", {}, parseChallenge);
  const proof = { challenge, node: key.party, rehearsal: key.rehearsal };
  const signature = await sign(key, canonical(proof, "sign-in", 1));
  return send("POST", "/v1/session/key", { public: key.public, challenge, signature }, parseSession);
}
export const signOut = (): Promise<void> => call("/v1/session", () => undefined, { method: "DELETE" });
export const trackDetail = (id: string): Promise<TrackDetail> =>
  call(`/v1/tracks/${encodeURIComponent(id)}`, parseTrackDetail);
/** Opening it is on the record. */
export const lastContact = (id: string): Promise<LastContactDetail> =>
  call(`/v1/tracks/${encodeURIComponent(id)}/last-contact`, parseLastContact);
export const feeds = (): Promise<readonly Feed[]> => call("/v1/feeds", parseFeeds);

/** The token of a sign-in link or of its fragment ("#sign-in=TOKEN"); the text itself where it is a bare token. */
export function tokenOf(pasted: string): string | null {
  const text = pasted.trim();
  const found = /#sign-in=([^&\s]+)/.exec(text)?.[1] ?? (/^[\w.~-]+$/.test(text) ? text : undefined);
  return found === undefined ? null : decodeURIComponent(found);
}
