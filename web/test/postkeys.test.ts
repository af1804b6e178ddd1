import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { canonical } from "../src/canonical.ts";
import { fingerprint, PostKeys, sign } from "../src/postkeys.ts";
import { signInByKey } from "../src/session.ts";
import { fakeNode, memoryStore } from "./desksample.ts";

const AMAL = { party: "p1", person: "amal", rehearsal: true, name: "Amal", post: "tower" };

const verifies = (publicKey: string, message: Uint8Array, signature: string): boolean => {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  return verify(null, message, key, Buffer.from(signature, "base64url"));
};

test("a key signs, and its secret half cannot be read out", async () => {
  const keys = await PostKeys.open(memoryStore());
  const key = await keys.make(AMAL);
  const bytes = canonical({ a: 1 }, "receipt", 1);
  const signature = await sign(key, bytes);
  assert.match(key.public, /^[\w-]{43}$/);
  assert.match(signature, /^[\w-]{86}$/);
  assert.ok(verifies(key.public, bytes, signature));
  assert.equal(key.secret.extractable, false);
  await assert.rejects(crypto.subtle.exportKey("pkcs8", key.secret));
  await assert.rejects(crypto.subtle.exportKey("jwk", key.secret));
});

test("keys are kept by party, person and rehearsal, and found again", async () => {
  const store = memoryStore();
  const made = await (await PostKeys.open(store)).make(AMAL);
  const keys = await PostKeys.open(store);
  assert.equal(keys.find(AMAL)?.public, made.public);
  for (const other of [{ party: "p2" }, { person: "omar" }, { rehearsal: false }]) {
    assert.equal(keys.find({ ...AMAL, ...other }), null);
  }
  assert.equal((await keys.enrolled(made, true)).enrolled, true);
  assert.equal((await PostKeys.open(store)).find(AMAL)?.enrolled, true);
});

test("a new key of the same person takes the old one's place", async () => {
  const store = memoryStore();
  const keys = await PostKeys.open(store);
  const [first, second] = [await keys.make(AMAL), await keys.make(AMAL)];
  assert.notEqual(first.public, second.public);
  assert.deepEqual(keys.all, [second]);
  assert.equal(store.keys.size, 1);
});

test("the fingerprint is the first half of the key's SHA-256", async () => {
  // RFC 8032 section 7.1, test 1: its public key.
  assert.equal(await fingerprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), "21fe31dfa154a261626bf854046fd227");
});

test("signing in by key signs the node's challenge", async () => {
  const key = await (await PostKeys.open(memoryStore())).make(AMAL);
  const answer = { party: "p1", person: "amal", name: "Amal", role: "crew", post: "tower", expires: 1 };
  const node = fakeNode({
    "POST /v1/session/challenge": { challenge: "c-1", expires: 1 },
    "POST /v1/session/key": answer,
  });
  try {
    assert.deepEqual(await signInByKey(key), answer);
    const { body } = node.sent[1] ?? { body: null };
    const bytes = canonical({ challenge: "c-1", node: "p1", rehearsal: true }, "sign-in", 1);
    assert.ok(verifies(key.public, bytes, body.signature));
    assert.equal(body.public, key.public);
  } finally {
    node.close();
  }
});
