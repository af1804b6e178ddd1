import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { canonical } from "../src/canonical.ts";
import type { DeskView } from "../src/deskwire.ts";
import { textOf, type View, walk } from "../src/dom.ts";
import { DutySide } from "../src/dutyside.ts";
import { NoKeys, PostKeys } from "../src/postkeys.ts";
import { desk, fakeNode, memoryStore, PROMISE, settled } from "./desksample.ts";

const verifies = (publicKey: string, message: Uint8Array, signature: string): boolean => {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  return verify(null, message, key, Buffer.from(signature, "base64url"));
};

async function device(change: (view: DeskView) => DeskView = (view) => view, store = memoryStore()) {
  const view = change(desk());
  const side = new DutySide({
    openKeys: () => PostKeys.open(store),
    view: () => view,
    now: () => 1000,
    changed: () => {},
  });
  await side.open();
  const busy = (): boolean => /Wait/.test(textOf(side.section(view)));
  const find = (testid: string): View => {
    const found = [...walk(side.section(view))].find(({ attributes }) => attributes["data-testid"] === testid);
    assert.ok(found, `${testid} in: ${textOf(side.section(view))}`);
    return found;
  };
  const press = async (testid: string): Promise<void> => {
    (find(testid).attributes.onclick as () => void)();
    await settled(busy);
  };
  const takeOver = async (hours: number): Promise<void> => {
    const form = [...walk(side.section(view))].find(({ tag }) => tag === "form");
    assert.ok(form);
    const before = globalThis.FormData;
    Object.assign(globalThis, {
      FormData: class {
        get = () => String(hours);
      },
    });
    (form.attributes.onsubmit as (event: object) => void)({ preventDefault: () => {} });
    Object.assign(globalThis, { FormData: before });
    await settled(busy);
  };
  return { side, press, takeOver, text: () => textOf(side.section(view)) };
}

const ENROLLED = { "POST /v1/keys": { key_id: "00", record: PROMISE } };
const SHIFT = { post: "tower", number: 5, person: "amal", key: "k", start: 1000, until: 8200 };
const unmanned = (view: DeskView): DeskView => ({ ...view, posts: view.posts.map((one) => ({ ...one, shift: null })) });

test("a device makes its key, proves that it holds it, and takes the post over with the next number", async () => {
  const { side, press, takeOver } = await device();
  const node = fakeNode({ ...ENROLLED, "POST /v1/posts/tower/shift": { shift: SHIFT, record: PROMISE } });
  try {
    assert.equal(side.duty.kind, "no-key");
    await press("make-key");
    const { body: sent } = node.sent[0] ?? { body: null };
    assert.equal(sent.public, side.key?.public);
    const proof = canonical({ node: "p1", person: "amal", public: sent.public, rehearsal: true }, "key", 1);
    assert.ok(verifies(sent.public, proof, sent.signature));
    assert.equal(side.duty.kind, "other-device", "the shift of the fixture signs with another key");
    await takeOver(2);
    const { shift, signature } = node.sent[1]?.body ?? {};
    assert.deepEqual(shift, { ...SHIFT, key: sent.public });
    assert.ok(verifies(sent.public, canonical({ shift, rehearsal: true }, "shift", 1), signature));
  } finally {
    node.close();
  }
});

test("where somebody else took over meanwhile, that is said and nothing is signed anew", async () => {
  const { press, takeOver, text } = await device();
  const refusal = { refused: 409, reason: "old-shift", what: "the next shift of tower is number 7" };
  const node = fakeNode({ ...ENROLLED, "POST /v1/posts/tower/shift": refusal });
  try {
    await press("make-key");
    await takeOver(8);
    assert.equal(node.sent.length, 2);
    assert.match(text(), /number 7/);
  } finally {
    node.close();
  }
});

test("a node that does not know the key any more gets it offered again", async () => {
  const { side, press, takeOver } = await device(unmanned);
  const refusal = { refused: 403, reason: "wrong-key", what: "the key is not one of amal's", remedy: "enrol it first" };
  const node = fakeNode({ ...ENROLLED, "POST /v1/posts/tower/shift": refusal });
  try {
    await press("make-key");
    const key = side.key?.public;
    await takeOver(8);
    assert.equal(side.duty.kind, "not-enrolled");
    await press("enrol");
    assert.equal(side.duty.kind, "unmanned");
    assert.equal(side.key?.public, key, "the same key");
  } finally {
    node.close();
  }
});

test("a key that the node has already is enrolled", async () => {
  const { side, press } = await device(unmanned);
  const node = fakeNode({
    "POST /v1/keys": { refused: 409, reason: "duplicate", what: "this key is enrolled already" },
  });
  try {
    await press("make-key");
    assert.equal(side.duty.kind, "unmanned");
  } finally {
    node.close();
  }
});

test("a browser that cannot keep keys says so, and offers nothing that would fail", async () => {
  const view = desk();
  const openKeys = () => Promise.reject(new NoKeys("This browser keeps nothing for this page."));
  const side = new DutySide({ openKeys, view: () => view, now: () => 1000, changed: () => {} });
  await side.open();
  const section = side.section(view);
  assert.match(textOf(section), /keeps nothing/);
  assert.ok(![...walk(section)].some(({ tag }) => tag === "button"));
});
