/**
 * The bytes that get signed or hashed, as `safeconduct.model.canonical` has them: RFC 8785 of a value with its type and
 * version inside. ECMAScript's own writing of numbers and strings is the RFC's.
 */
import type { Flight } from "./wire.ts";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export function canonical(value: unknown, kind: string, version: number): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(written({ type: `safeconduct/${kind}`, version, body: value as Json }));
}

/** RFC 8785 text. Throws TypeError for what it cannot write: NaN, infinities, text that is not Unicode. */
export function written(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([name, item]) => `${written(name)}:${written(item)}`).join()}}`;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError(`${value} is not data`);
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) throw new TypeError("the text is not Unicode");
  if (value === undefined) throw new TypeError("a field is missing");
  return JSON.stringify(value);
}

/**
 * What a receipt signs for: hex SHA-256 of the flight, whatever state it is in. `emits` is a set, which the wire gives
 * in any order.
 */
export async function flightDigest(flight: Flight): Promise<string> {
  return hex(await sha256(flightBytes(flight)));
}

export function flightBytes(flight: Flight): Uint8Array<ArrayBuffer> {
  return canonical({ ...flight, emits: sorted(flight.emits), state: "Accepted" }, "flight", 1);
}

/** A set's items in the order in which they are signed. */
export function sorted<T extends Json>(items: readonly T[]): T[] {
  const texts = new Map(items.map((item) => [written(item), item]));
  return [...texts.keys()].sort().map((text) => texts.get(text) as T);
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Base64url without padding, RFC 4648 section 5. */
export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
