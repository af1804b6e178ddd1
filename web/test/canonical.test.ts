import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { base64url, canonical, flightBytes, flightDigest, sorted, written } from "../src/canonical.ts";
import type { Flight } from "../src/wire.ts";

interface Fixture {
  readonly flights: readonly { readonly flight: Flight; readonly text: string; readonly digest: string }[];
  readonly signed: readonly { readonly kind: string; readonly value: object; readonly text: string }[];
}

const path = new URL("./fixtures/canonical.json", import.meta.url);
const { flights, signed }: Fixture = JSON.parse(readFileSync(path, "utf8"));
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test("the fixture has something to compare", () => {
  assert.ok(flights.length >= 2 && signed.length >= 5);
});

for (const { flight, text: wanted, digest } of flights) {
  test(`flight ${flight.id} has the bytes and the digest that the Python model gives it`, async () => {
    assert.equal(text(flightBytes(flight)), wanted);
    assert.equal(await flightDigest(flight), digest);
    assert.equal(await flightDigest({ ...flight, state: "Ended", emits: flight.emits.toReversed() }), digest);
    assert.notEqual(await flightDigest({ ...flight, contact: "another" }), digest);
  });
}

for (const { kind, value, text: wanted } of signed) {
  test(`what is signed as ${kind} has the bytes that the Python model gives it`, () => {
    assert.equal(text(canonical(value, kind, 1)), wanted);
    assert.equal(text(canonical(Object.fromEntries(Object.entries(value).reverse()), kind, 1)), wanted);
  });
}

test("what is not data is not signed", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "\ud800", { a: undefined as unknown as null }]) {
    assert.throws(() => written(value), TypeError);
  }
});

test("keys sort by UTF-16 code units, sets by what is written of their items", () => {
  assert.equal(written({ "\ufb33": 1, "\u{1f600}": 2, a: -0 }), '{"a":0,"\u{1f600}":2,"\ufb33":1}');
  assert.deepEqual(sorted(["remote_id", "adsb"]), ["adsb", "remote_id"]);
});

test("base64url has no padding and its own two letters", () => {
  assert.equal(base64url(new Uint8Array([251, 255, 254, 0])), "-__-AA");
});
