import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { test } from "node:test";
import { canonical, flightDigest } from "../src/canonical.ts";
import type { DeskView } from "../src/deskwire.ts";
import { type Children, h, textOf, type View, walk } from "../src/dom.ts";
import { answererOf, type Duty, dutyOf, dutySection } from "../src/duty.ts";
import { answerWords, changeWords, entryWords, inboxRows, markOf, overdue } from "../src/inbox.ts";
import { InboxSide, waiting } from "../src/inboxside.ts";
import { newsIn, spoken, still } from "../src/news.ts";
import { PostKeys } from "../src/postkeys.ts";
import { desk, fakeNode, item, memoryStore, PROMISE, settled } from "./desksample.ts";
import { board } from "./sample.ts";

const page = (views: Children): View => h("div", {}, ...views);
const words = (views: Children): string => textOf(page(views));
const OWNER = { party: "p1", person: "amal", rehearsal: true, name: "Amal", post: "tower" };
const ON_DUTY: Duty = { kind: "on-duty", shift: 4, until: 28_900 };

test("a notice says when it enters, who declared it, and what the crew signed before", () => {
  const text = words(inboxRows(board(), [item({ previous_version: 3 })], 1000, null, () => {}));
  assert.match(text, /F1new/);
  assert.match(text, /enters in 8 min 20 s/);
  assert.match(text, /Party One · male uav/);
  assert.match(text, /You signed version 3 before: this one is changed/);
  assert.equal(changeWords(item({ previous_version: 1 })), "");
  assert.equal(entryWords(item(), 1600), "in your sector by its plan");
  assert.equal(entryWords(item(), 1960), "left your sector 1 min 00 s ago");
});

test("overdue is said of what waits, and of nothing else", () => {
  assert.ok(!overdue(item(), 1300));
  assert.ok(overdue(item(), 1301));
  assert.equal(answerWords(item(), 1301), "overdue, not seen");
  assert.equal(answerWords(item({}, { state: "shown" }), 1301), "overdue");
  assert.equal(answerWords(item({ state: "misread" }, { state: "shown" }), 1000), "look again");
  const answered = item({ state: "received" }, { state: "received" });
  assert.equal(answerWords(answered, 1000), "received");
  assert.equal(answerWords(answered, 1000, "before"), "received by the crew before");
  assert.equal(answerWords(answered, 1000, "on-duty"), "received by the crew on duty");
  const row = page(
    inboxRows(
      board(),
      [answered],
      1000,
      null,
      () => {},
      () => "before",
    ),
  );
  assert.ok([...walk(row)].some(({ attributes }) => attributes.class === "chip answer-others"));
  assert.ok(!overdue(item({ state: "received" }, { state: "received" }), 9999));
});

test("a misread receipt still waits for an answer", () => {
  const view = desk();
  const inbox = [item({ state: "misread" }, { state: "shown" }), item({ state: "refused" }, { state: "refused" })];
  assert.equal(waiting({ ...view, inbox }), 1);
});

test("a place is two numbers in range; a decimal comma is a point", () => {
  assert.deepEqual(markOf({ lon: " 13,5", lat: "−32.25" }), [13.5, -32.25]);
  for (const [lon, lat] of [
    ["", "32"],
    ["13", "x"],
    ["181", "32"],
    ["13", "91"],
    ["13", "Infinity"],
  ] as const) {
    assert.equal(markOf({ lon, lat }), null);
  }
});

test("duty: by this key, by another device, by another person, by nobody", async () => {
  const view = desk();
  const made = await (await PostKeys.open(memoryStore())).make(OWNER);
  const mine = view.posts[0]?.shift;
  assert.ok(mine);
  const key = { ...made, enrolled: true };
  const on = (change: Partial<typeof mine>): DeskView => ({
    ...view,
    posts: view.posts.map((post) => ({ ...post, shift: { ...mine, key: made.public, ...change } })),
  });
  assert.equal(dutyOf(view, null, 1000).kind, "no-key");
  assert.equal(dutyOf(view, made, 1000).kind, "not-enrolled");
  assert.equal(dutyOf(view, key, 1000).kind, "other-device");
  assert.equal(dutyOf(on({}), key, 1000).kind, "on-duty");
  assert.equal(dutyOf(on({}), key, 28_900).kind, "unmanned");
  assert.equal(dutyOf(on({ person: "omar" }), key, 1000).kind, "other-crew");
  assert.equal(dutyOf({ ...view, post: "other" }, key, 1000).kind, "no-post");
});

test("an answer is this crew's, of the crew on duty, or of one that has gone", () => {
  const view = desk();
  const other: Duty = { kind: "other-crew", person: "omar", start: 100, until: 28_900 };
  const by = (duty: Duty, shift: number, time = 1000) => answererOf(view, duty, shift, time);
  assert.equal(by(ON_DUTY, 4), "own");
  assert.equal(by(ON_DUTY, 3), "before");
  assert.equal(by(other, 4), "on-duty");
  assert.equal(by({ kind: "no-key" }, 4), "on-duty", "without a key of one's own, too");
  assert.equal(by({ kind: "unmanned" }, 4, 28_901), "before");
});

test("taking over says that the crew before loses its receipts", () => {
  const duty: Duty = { kind: "other-crew", person: "omar", start: 100, until: 28_900 };
  const state = {
    duty,
    post: null,
    fingerprint: "abcd".repeat(8),
    busy: false,
    problem: "",
    unable: "",
    leaving: false,
  };
  const nothing = { makeKey: () => {}, enrol: () => {}, takeOver: () => {}, leave: () => {}, stay: () => {} };
  assert.match(textOf(dutySection(state, nothing)), /omar is on duty.*their receipts end/);
  assert.match(textOf(dutySection(state, nothing)), /abcd abcd/);
  const unable = { ...state, unable: "This browser cannot make a key." };
  assert.doesNotMatch(textOf(dutySection(unable, nothing)), /Take over/);
});

test("news: what waits at sign-in, what came since; an answered notice is news no more", () => {
  const view = desk();
  assert.deepEqual(
    newsIn(null, view).map(({ kind }) => kind),
    ["notice"],
  );
  assert.deepEqual(newsIn(view, view), []);
  const [told] = view.advisories;
  assert.ok(told);
  const later = { ...view, advisories: [{ ...told, id: "a2" }, told] };
  const news = newsIn(view, later);
  assert.deepEqual(
    news.map(({ id }) => id),
    ["a2"],
  );
  assert.match(spoken(news, 1000), /On its way in\. F1 of Party One/);
  const again = newsIn(later, { ...later, advisories: [{ ...told, id: "a3", kind: "changed" }, ...later.advisories] });
  assert.deepEqual(
    still([...again, ...news], later).map(({ id }) => id),
    ["a3"],
    "of one flight the newest",
  );
  const answered = { ...view, inbox: [item({ state: "received" }, { state: "received" })] };
  assert.deepEqual(still(newsIn(null, view), answered), []);
});

/** A crew on duty with the fixture's notice before it, and a map that is clicked by hand. */
async function side(change: (view: DeskView) => DeskView = (view) => view) {
  const keys = await PostKeys.open(memoryStore());
  const made = await keys.make(OWNER);
  const view = change(desk());
  const marks: unknown[] = [];
  let click: ((at: readonly [number, number]) => void) | null = null;
  const inbox = new InboxSide({
    map: {
      pickPoint: (done) => {
        click = done;
        return () => {
          click = null;
        };
      },
      markPoint: (at) => marks.push(at),
    },
    view: () => view,
    now: () => 1001.5,
    key: () => made,
    duty: () => ON_DUTY,
    goOnDuty: () => {},
    refused: async () => {},
    closed: () => {},
    changed: () => {},
  });
  const panel = (): View => page(inbox.panel(board(), () => {}));
  const find = (testid: string): View => {
    const found = [...walk(panel())].find(({ attributes }) => attributes["data-testid"] === testid);
    assert.ok(found, testid);
    return found;
  };
  const press = (testid: string): void => (find(testid).attributes.onclick as () => void)();
  const submit = (): void => {
    const form = [...walk(panel())].find(({ tag }) => tag === "form");
    assert.ok(form);
    (form.attributes.onsubmit as (event: object) => void)({ preventDefault: () => {} });
  };
  return { inbox, made, marks, panel, press, submit, click: (at: readonly [number, number]) => click?.(at) };
}

Object.assign(globalThis, { addEventListener: () => {}, removeEventListener: () => {} });
const SHOWN = "POST /v1/notices/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f/shown";

test("opening says that it was shown; a marked place is signed with the digest of what is shown", async () => {
  const { inbox, made, marks, press, submit, click, panel } = await side();
  const { notice, flight } = item();
  const node = fakeNode({
    [SHOWN]: { notice: { ...notice, state: "shown" }, record: PROMISE },
    "POST /v1/receipts": { state: "received", read_back_error_m: 120, record: PROMISE },
  });
  try {
    inbox.open(notice.id);
    inbox.follow();
    await settled(() => /Signing/.test(textOf(panel())));
    assert.equal(node.sent.filter(({ call }) => call === SHOWN).length, 1, "said once");
    submit();
    assert.match(textOf(panel()), /Mark first where it enters/);
    press("mark");
    click([13.5, 32]);
    assert.deepEqual(marks.at(-1), [13.5, 32]);
    submit();
    await settled(() => /Signing/.test(textOf(panel())));
    const { receipt, signature } = node.sent.at(-1)?.body ?? {};
    assert.deepEqual(receipt, {
      notice: notice.id,
      flight: "F1",
      version: 1,
      digest: await flightDigest(flight),
      post: "tower",
      shift: 4,
      key: made.public,
      answer: "received",
      read_back: { lon: 13.5, lat: 32 },
      reason: "",
      time: 1001.5,
      rehearsal: true,
    });
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: made.public }, format: "jwk" });
    assert.ok(verify(null, canonical(receipt, "receipt", 1), key, Buffer.from(signature, "base64url")));
    assert.equal(marks.at(-1), null, "the mark goes when it is held");
  } finally {
    node.close();
  }
});

test("a misread receipt keeps its mark; a replayed one is taken as done", async () => {
  const { notice } = item({}, { state: "shown" });
  const change = (view: DeskView): DeskView => ({ ...view, inbox: [item({}, { state: "shown" })] });
  for (const [answer, kept] of [
    [{ state: "misread", read_back_error_m: 30_000, record: PROMISE }, true],
    [{ refused: 409, reason: "already-answered", what: "answered" }, false],
  ] as const) {
    const { inbox, marks, press, submit, click, panel } = await side(change);
    const node = fakeNode({ "POST /v1/receipts": answer });
    try {
      inbox.open(notice.id);
      press("mark");
      click([13.5, 32]);
      submit();
      await settled(() => /Signing/.test(textOf(panel())));
      assert.deepEqual(marks.at(-1), kept ? [13.5, 32] : null);
      assert.doesNotMatch(textOf(panel()), /answered\./);
    } finally {
      node.close();
    }
  }
});

test("nothing is signed where the flight shown is not the one that the notice is about", async () => {
  const forged = item({}, { state: "shown" });
  const flight = { ...forged.flight, contact: "somebody else" };
  const { inbox, press, submit, click, panel } = await side((view) => ({ ...view, inbox: [{ ...forged, flight }] }));
  const node = fakeNode({ "POST /v1/receipts": { state: "received", read_back_error_m: 1, record: PROMISE } });
  try {
    inbox.open(forged.notice.id);
    press("mark");
    click([13.5, 32]);
    submit();
    await settled(() => /Signing/.test(textOf(panel())));
    assert.deepEqual(node.sent, []);
    assert.match(textOf(panel()), /Do not sign/);
  } finally {
    node.close();
  }
});

test("what the node refuses is said, and what was put in stays", async () => {
  const { inbox, press, submit, click, panel, marks } = await side((view) => ({
    ...view,
    inbox: [item({}, { state: "shown" })],
  }));
  const refusal = { refused: 409, reason: "older-version", what: "The flight has changed", remedy: "Read it again" };
  const node = fakeNode({ "POST /v1/receipts": refusal });
  try {
    inbox.open(item().notice.id);
    press("mark");
    click([13.5, 32]);
    submit();
    await settled(() => /Signing/.test(textOf(panel())));
    assert.match(textOf(panel()), /The flight has changed\. Read it again/);
    assert.deepEqual(marks.at(-1), [13.5, 32]);
  } finally {
    node.close();
  }
});

test("a notice that ends while it is open says so, and offers the newer one", async () => {
  let inboxNow = desk().inbox;
  const { inbox, panel } = await side((view) => ({
    ...view,
    get inbox() {
      return inboxNow;
    },
  }));
  inbox.open(item().notice.id);
  inboxNow = [item({}, { id: "next" })];
  assert.match(textOf(panel()), /This notice is over.*Open the newer notice/);
  inboxNow = [];
  assert.doesNotMatch(textOf(panel()), /Open the newer notice/);
});
