import assert from "node:assert/strict";
import { test } from "node:test";
import { advisoryRows } from "../src/advisories.ts";
import { help } from "../src/band.ts";
import { tabs, tools } from "../src/controls.ts";
import type { Peer } from "../src/deskwire.ts";
import { type Children, h, textOf, type View, walk } from "../src/dom.ts";
import { action } from "../src/keys.ts";
import { seenWords, senses, TABS_OF } from "../src/list.ts";
import { type OfficeState, postRows } from "../src/office.ts";
import { compared, FormError, outlineOf, outlineText, personOf, postOf, samePrint } from "../src/officeform.ts";
import { peerRows } from "../src/officepeers.ts";
import { peopleRows } from "../src/officepeople.ts";
import { ROLES } from "../src/wire.ts";
import { desk } from "./desksample.ts";
import { board } from "./sample.ts";

const page = (views: Children): View => h("div", {}, ...views);
const filled = (fields: Readonly<Record<string, string>>) => ({ get: (name: string) => fields[name] ?? null });

const STATE: OfficeState = {
  busy: false,
  problem: "",
  problemAt: "",
  done: "",
  sent: 0,
  editing: null,
  outline: null,
  drawing: false,
  people: null,
  prints: new Map(),
  link: null,
  card: null,
  asking: null,
};
const nothing = new Proxy({}, { get: () => () => {} }) as Parameters<typeof peopleRows>[2];

test("corners are typed as people say them, latitude first, and come back the same", () => {
  const outline = outlineOf("32.5 13.1\n 32.9; 13.4\n33 −13.2\n");
  assert.deepEqual(outline, [
    [13.1, 32.5],
    [13.4, 32.9],
    [-13.2, 33],
  ]);
  assert.deepEqual(outlineOf(outlineText(outline)), outline);
  for (const text of ["", "1 2\n3 4", "91 0\n1 1\n2 2", "a b\n1 1\n2 2", "1 2 3\n1 1\n2 2", "1\n2\n3"]) {
    assert.throws(() => outlineOf(text), FormError, text);
  }
});

test("a post needs its heights the right way up", () => {
  const fields = { id: "t", name: "T", sector: "S", lower: "0", upper: "9000", outline: "1 1\n1 3\n5 2" };
  const { id, setting } = postOf(filled(fields));
  assert.equal(id, "t");
  assert.deepEqual(setting.sector.centre, [2, 3]);
  assert.throws(() => postOf(filled({ ...fields, lower: "9000" })), /below the ceiling/);
  assert.throws(() => postOf(filled({ ...fields, upper: "high" })), /not a number/);
});

test("only crew have a post, and crew must", () => {
  const fields = { id: "a", name: "A", role: "operator", post: "tower" };
  assert.equal(personOf(filled(fields)).setting.post, null);
  assert.equal(personOf(filled({ ...fields, role: "crew" })).setting.post, "tower");
  assert.throws(() => personOf(filled({ ...fields, role: "crew", post: "" })), { field: "post" });
});

test("what is wrong with a form stands at its field, and not above the list as well", () => {
  const state = { ...STATE, problem: "The post of a crew member is missing.", problemAt: "post" };
  const views = page(peopleRows(desk("officer"), state, nothing));
  const at = [...walk(views)].find(({ attributes }) => attributes["data-key"] === "post");
  assert.match(textOf(at as View), /missing/);
  assert.equal(textOf(views).match(/missing/g)?.length, 1);
});

test("all of a fingerprint is compared, however it is grouped; its end alone is not it", () => {
  const print = "2970ef9348151a0f6ccc9c60082a393c";
  assert.ok(samePrint(" 2970 EF93 4815 1a0f\n6ccc 9c60 082a 393c ", print));
  for (const typed of ["393c", "", "2970 ef93 4815 1a0f 6ccc 9c60 082a 393d"])
    assert.ok(!samePrint(typed, print), typed);
});

test("a post's form warns of corners far from all else, as they are typed", () => {
  const far = (outline: string): string =>
    textOf(page(postRows(desk("officer"), { ...STATE, editing: "", outline }, nothing)));
  assert.match(far("13 32\n14 32\n14 33"), /This sector lies .* Latitude comes first/);
  assert.doesNotMatch(far("32 13\n32 14\n33 14"), /This sector lies/);
  assert.match(far(""), /Corners: latitude, longitude, such as 32\.90\s13\.18/);
});

test("a link is shown once made, with until when; a key is revoked in two steps", () => {
  const view = desk("officer");
  const [person] = view.people;
  assert.ok(person);
  const link = { token: "t", link: "http://node/#sign-in=t", expires: 3600 };
  const key = { person: "amal", public: "AAAA", time: 0 };
  const state = { ...STATE, people: [{ person, keys: [key] }], link: { person: "amal", link } };
  const text = (asking: string | null): string => textOf(page(peopleRows(view, { ...state, asking }, nothing)));
  assert.match(text(null), /Works once, until 01:00:00Z/);
  assert.doesNotMatch(text(null), /Yes, revoke/);
  assert.match(text("key:AAAA"), /Yes, revoke/);
});

test("a peer that nobody confirmed says so, with its fingerprint to compare; one that does not answer too", () => {
  const view = desk("officer");
  const text = textOf(page(peerRows(board(), view, STATE, nothing)));
  assert.match(text, /not confirmed/);
  assert.match(text, /0123 4567 89ab cdef/);
  assert.match(text, /Type or paste all the groups/);
  assert.match(text, /unreachable for 1 min 35 s; 3 waiting to be sentconnection refused/);
  assert.match(text, /Party Nine.*by the word of Party One/);
  const confirmed = { ...view, peers: view.peers.map((peer) => ({ ...peer, confirmed: true })) };
  assert.doesNotMatch(textOf(page(peerRows(board(), confirmed, STATE, nothing))), /Type or paste/);
});

test("a newer card with another key says that it waits, and only its own fingerprint confirms it", () => {
  const candidate = "fedcba9876543210".repeat(2);
  const view = desk("officer");
  const [first] = view.peers;
  assert.ok(first);
  const peer = { ...first, confirmed: true, candidate, unreachable: false, problem: "", since_heard_s: 0 };
  const rows = (change: Partial<Peer> = {}): string =>
    textOf(page(peerRows(board(), { ...view, peers: [{ ...peer, ...change }] }, STATE, nothing)));
  assert.match(rows(), /answers; 3 waiting to be sent/);
  assert.match(
    rows(),
    /newer card with another key waits: compare it by telephone, then confirm.*stays.*fedc ba98.*Type or paste all/,
  );
  assert.match(rows(), /0123 4567 89ab cdef/, "the key that is trusted is still shown");
  assert.match(rows({ revoked: true }), /newer card with another key.*Type or paste all/);
  assert.doesNotMatch(rows({ revoked: true }), /stays in its place/);
  assert.doesNotMatch(rows({ candidate: "" }), /newer card|Type or paste/);

  assert.equal(compared(candidate.toUpperCase(), peer), candidate);
  assert.throws(() => compared(peer.fingerprint, peer), { field: "print:p2" });
  assert.equal(compared(peer.fingerprint, { ...peer, confirmed: false, candidate: "" }), peer.fingerprint);
  assert.throws(() => compared(peer.fingerprint, { ...peer, candidate: "" }), FormError);
  assert.throws(() => compared("", peer), FormError);
});

test("trouble with a peer is told from the first failure on, in the node's own words", () => {
  const view = desk("officer");
  const peers = view.peers.map((peer) => ({
    ...peer,
    confirmed: true,
    unreachable: false,
    since_heard_s: 12,
    problem: "what it sends is refused here: gap",
  }));
  const text = textOf(page(peerRows(board(), { ...view, peers }, STATE, nothing)));
  assert.match(text, /trouble for 12 s; 3 waiting to be sentwhat it sends is refused here: gap/);
});

test("an advisory has its kind in words, its countdown, its standing and its reasons", () => {
  const { advisories } = desk();
  const text = (time: number): string => textOf(page(advisoryRows(board(), advisories, time, null, () => {})));
  assert.match(
    text(1000),
    /On its way in.*F1 of Party One.*enters in 8 min 20 s.*track T1consistent 96 % as of \d\d:\d\d:\d\dZ/,
  );
  assert.match(text(1000), /Whyit is on its route/);
  assert.match(text(1560), /entered 1 min 00 s ago/);
});

test("every role has tabs, and only the crew an inbox", () => {
  for (const role of ROLES) {
    assert.ok(TABS_OF[role].length > 0);
    assert.equal(TABS_OF[role].includes("inbox"), role === "crew");
    assert.equal(TABS_OF[role].includes("people"), role === "officer");
  }
  assert.equal(TABS_OF.crew[0], "inbox");
});

test("a tab counts what waits, and shows no zero for it", () => {
  const views = tabs(
    ["inbox", "advisories"],
    (tab) => (tab === "inbox" ? 2 : 0),
    "inbox",
    () => {},
  );
  assert.equal(textOf(page(views)), "Inbox2Advisories");
  assert.equal([...walk(page(views))].filter(({ attributes }) => attributes.class === "has-some").length, 1);
});

test("the buttons of forms that were put away say that the draft is kept", () => {
  const acts = { filter: () => {}, sort: () => {}, declare: () => {}, zones: () => {} };
  const words = (declare: boolean): string =>
    textOf(page(tools("flights", "", "standing", 0, 0, { ...acts, kept: { declare, zones: false } })));
  assert.equal(words(true), "ZonesDeclareYour draft is kept");
  assert.equal(words(false), "ZonesDeclare");
});

test("without sensors nothing is said of what is seen", () => {
  const blind = { ...board(), sensors: new Map(), tracks: new Map() };
  assert.ok(!senses(blind) && senses(board()));
  assert.equal(seenWords(blind, []), "");
  assert.equal(seenWords({ ...blind, sensors: board().sensors }, []), "no track is identified as it");
});

test("the help says what inbox, flights and declaring do", () => {
  const text = textOf(page(help([], null, () => {})));
  for (const name of ["Inbox", "Flights", "Declare"]) assert.match(text, new RegExp(name));
});

test("keys mean nothing while text is typed, in fields of every kind", () => {
  for (const tagName of ["INPUT", "TEXTAREA", "SELECT"]) {
    const target = { tagName, type: "text" } as unknown as EventTarget;
    const pressed = { ctrlKey: false, metaKey: false, altKey: false, target };
    assert.equal(action({ ...pressed, key: "f" }), null);
    assert.equal(action({ ...pressed, key: "Escape" }), "clear");
  }
});
