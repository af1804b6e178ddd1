import assert from "node:assert/strict";
import { test } from "node:test";
import { band, rehearsalBand } from "../src/band.ts";
import { UNOPENED } from "../src/contact.ts";
import { type Children, h, textOf, type View, walk } from "../src/dom.ts";
import { conflictRows, timing } from "../src/list.ts";
import { flightPanel, trackPanel } from "../src/panel.ts";
import { ReasonsKeeper } from "../src/reasons.ts";
import { counted, keysAt, LOST_GROUP, ROW_PX, rows, step, trackRows } from "../src/tracklist.ts";
import type { TrackDetail } from "../src/wire.ts";
import { EVIDENCE_WORDS } from "../src/words.ts";
import { board, boardOf, detail, raw, track } from "./sample.ts";

const actions = { track: () => {}, flight: () => {}, close: () => {} };
const page = (views: Children): View => h("div", {}, ...views);
const words = (views: Children): string => textOf(page(views));
const found = (views: Children, name: string, value: string): View[] =>
  [...walk(page(views))].filter(({ attributes }) => attributes[name] === value);

test("the panel shows the sum of the evidence, every candidate and none of them", () => {
  const { identification } = detail();
  const text = words(trackPanel(board(), track(), { identification, problem: "" }, UNOPENED, actions));
  assert.match(text, /Consistent with F1, declared by Party One/);
  assert.match(text, /Sum of the log-odds\+3\.20/);
  assert.match(text, /25 to 1 for/);
  assert.match(text, /None of the declared flights4 %/);
  assert.match(text, /12:00|00:16:39Z · r1/);
});

test("every kind of evidence that the Python model has is shown in words", () => {
  const { identification } = detail();
  const items = identification?.candidates[1]?.evidence ?? [];
  assert.deepEqual(new Set(items.map(({ kind }) => kind)), new Set(Object.keys(EVIDENCE_WORDS)));
  const text = words(trackPanel(board(), track(), { identification, problem: "" }, UNOPENED, actions));
  for (const { kind } of items) assert.ok(text.includes(EVIDENCE_WORDS[kind]), kind);
});

test("who has said nothing is listed with why, and that silence says nothing against it", () => {
  const { identification } = detail();
  assert.ok(identification);
  const silent = [
    { party: "p1", silence: "not-asked" },
    { party: "p2", silence: "does-not-take-part" },
    { party: "p3", silence: "no-answer" },
  ] as const;
  const one = track({ standing: "unknown", flight: null });
  const text = words(
    trackPanel(boardOf(one), one, { identification: { ...identification, silent }, problem: "" }, UNOPENED, actions),
  );
  assert.match(text, /Party One has not been asked/);
  assert.match(text, /Party Two does not take part/);
  assert.match(text, /p3 has not answered/);
  assert.match(text, /Silence says nothing against this aircraft/);
});

test("identifiers are quoted as claims, and a conflict says no more than it means", () => {
  const panel = (kind: string): string => {
    const sky = { ...board(), conflicts: [{ ...raw.snapshot.conflicts[0], kind }] };
    return words(trackPanel(sky, track(), { identification: null, problem: "" }, UNOPENED, actions));
  };
  assert.match(panel("at-once"), /claims to be “1581F4XF1”/);
  assert.match(panel("at-once"), /Claimed too by T2: .*at least one is not its owner's/);
  assert.doesNotMatch(panel("apart"), /not its owner's/);
});

test("heights that were not measured are not shown as numbers", () => {
  const one = track({ height_m: null, pressure_altitude_m: null });
  const text = words(trackPanel(boardOf(one), one, { identification: null, problem: "" }, UNOPENED, actions));
  assert.match(text, /Height above the ellipsoidnot measured/);
  assert.match(text, /Pressure altitude \(1013\.25 hPa\)not heard/);
});

test("owner, operator and crew are separate, and said to be unsaid", () => {
  const flight = board().flights.get("F1");
  assert.ok(flight);
  const text = words(flightPanel(board(), flight, actions));
  assert.match(text, /OwnerParty Two/);
  assert.match(text, /Operatornot said/);
  assert.match(text, /Crewnot said/);
  assert.match(text, /Seen as T1/);
});

test("rows are filtered by every word and sorted with what needs an eye first", () => {
  const sky = boardOf(
    track({ id: "A", standing: "consistent" }),
    track({ id: "B", standing: "unknown", flight: null, identifiers: [], conflicts: [] }),
    track({ id: "C", standing: "off-plan" }),
    track({ id: "0", standing: "unknown", flight: null, identifiers: [], status: "lost" }),
  );
  const ids = (filter: string): string[] => rows(sky, filter, "standing", true).map(({ id }) => id);
  assert.deepEqual(ids(""), ["B", "C", "A", LOST_GROUP, "0"]);
  assert.deepEqual(ids("party one OFF"), ["C"]);
  assert.deepEqual(ids("1581f4"), ["C", "A"]);
  assert.deepEqual(ids("nothing such"), []);
});

test("of thousands of tracks only the rows in sight are made, on a spacer as high as all", () => {
  const many = Array.from({ length: 5000 }, (_, i) => track({ id: `T${i}` }));
  const sky = boardOf(...many);
  const list = trackRows(sky, many, { top: 1000 * ROW_PX, height: 600, selected: "T1001", at: 1001 }, () => "", {
    choose: () => {},
    open: () => {},
  });
  assert.ok(list.children.length < 30);
  assert.match(String(list.attributes.style), new RegExp(`${5000 * ROW_PX}px`));
  const chosen = found([list], "aria-selected", "true");
  assert.deepEqual(
    chosen.map(({ attributes }) => [attributes["data-track"], attributes["aria-posinset"]]),
    [["T1001", 1002]],
  );
});

const lostSky = () => {
  const gone = (id: string) => track({ id, status: "lost", standing: "unknown", flight: null });
  return boardOf(gone("L2"), track({ id: "A" }), gone("L1"), track({ id: "B" }));
};

test("lost tracks lie below the others in every order, under a row that says how many they are", () => {
  for (const sort of ["standing", "name", "contact"] as const) {
    const shown = (open: boolean): string[] => rows(lostSky(), "", sort, open).map(({ id }) => id);
    assert.deepEqual(shown(true), ["A", "B", LOST_GROUP, "L1", "L2"]);
    assert.deepEqual(shown(false), ["A", "B", LOST_GROUP]);
  }
  assert.equal(counted(rows(lostSky(), "", "name", false)), 4);
  assert.equal(counted(rows(lostSky(), "", "name", true)), 4);
  assert.equal(counted(rows(lostSky(), "consistent", "name", false)), 2);
  const view = (open: boolean) =>
    trackRows(lostSky(), rows(lostSky(), "", "name", open), { top: 0, height: 400, selected: null, at: -1 }, () => "", {
      choose: () => {},
      open: () => {},
    });
  const [group] = found([view(false)], "data-testid", "lost-group");
  assert.ok(group && textOf(group).includes("lost (2)"));
  assert.equal(group.attributes["aria-expanded"], "false");
  const levels = (open: boolean) =>
    view(open).children.map((row) => (typeof row === "string" ? row : row.attributes["aria-level"]));
  assert.deepEqual(
    [levels(false), levels(true)],
    [
      [1, 1, 1],
      [1, 1, 1, 2, 2],
    ],
  );
});

test("the lost tracks are opened, gone through and closed by keys alone", () => {
  const closed = rows(lostSky(), "", "name", false);
  const open = rows(lostSky(), "", "name", true);
  assert.deepEqual(step("ArrowDown", closed, 1, 5), { kind: "go", index: 2 });
  for (const key of ["Enter", " ", "ArrowRight"])
    assert.deepEqual(step(key, closed, 2, 5), { kind: "open", open: true });
  assert.deepEqual(step("ArrowLeft", open, 2, 5), { kind: "open", open: false });
  assert.deepEqual(step("Enter", open, 2, 5), { kind: "open", open: false });
  assert.deepEqual(step("ArrowLeft", open, 4, 5), { kind: "go", index: 2 });
  assert.deepEqual(step("Enter", open, 4, 5), { kind: "show" });
  assert.equal(step("ArrowLeft", open, 0, 5), null);
  assert.equal(step("x", open, 0, 5), null);
  const selected = track({ id: "L1", status: "lost" });
  assert.equal(keysAt(open, selected, false), 3);
  assert.equal(keysAt(closed, selected, false), 2);
  assert.equal(keysAt(open, track({ id: "A" }), true), 2);
  assert.equal(keysAt(open, track({ id: "A" }), false), 0);
  assert.equal(keysAt(open, null, false), -1);
});

test("a lost track keeps its reasons, and who has said nothing even without them", () => {
  const silent = [{ party: "p2", silence: "does-not-take-part" }] as const;
  const one = track({ status: "lost", standing: "unknown", flight: null, silent });
  const { identification } = detail();
  const text = (reasons: typeof identification): string =>
    words(trackPanel(boardOf(one), one, { identification: reasons, problem: "" }, UNOPENED, actions));
  assert.match(text(null), /Who has said nothingParty Two does not take part.*Silence says nothing against/);
  assert.match(text(identification), /as it last stood, 00:16:40Z/);
});

test("where nothing was declared, the panel does not weigh declared flights", () => {
  const one = track({ standing: "unknown", flight: null, probability: 1 });
  const sky = { ...boardOf(one), flights: new Map() };
  const { identification } = detail();
  assert.ok(identification);
  const bare = { ...identification, candidates: [], unknown: 1, flight: null };
  const text = words(trackPanel(sky, one, { identification: bare, problem: "" }, UNOPENED, actions));
  assert.match(text, /Nothing was declared to this node/);
  assert.doesNotMatch(text, /None of the declared flights|fits no declared flight/);
});

test("conflicts of three tracks with one identifier have rows of their own", () => {
  const [one] = board().conflicts;
  assert.ok(one);
  const keys = conflictRows({ ...board(), conflicts: [one, { ...one, tracks: ["T1", "T3"] }] }, () => {});
  assert.equal(new Set(keys.map(({ attributes }) => attributes["data-key"])).size, 2);
});

test("a flight's timing follows the board's clock", () => {
  const flight = board().flights.get("F1");
  assert.ok(flight);
  assert.equal(timing(flight, 440), "starts in 1 min 00 s");
  assert.equal(timing(flight, 1000), "until 00:33:20Z");
  assert.equal(timing(flight, 2001), "ended 00:33:20Z");
});

test("a rehearsal always has its band, even without a notice, and no control to take it away", () => {
  const views = rehearsalBand({ ...board(), notice: "" });
  assert.match(words(views), /REHEARSAL.*Nothing on this screen is real/);
  assert.ok(![...walk(page(views))].some(({ tag, attributes }) => tag === "button" || "onclick" in attributes));
  assert.deepEqual(rehearsalBand({ ...board(), rehearsal: false }), []);
});

test("the connection is in words", () => {
  const session = { party: "p1", person: "amal", name: "Amal", role: "watch", post: null, expires: 0 } as const;
  const nothing = { theme: () => {}, help: () => {}, signOut: () => {} };
  const views = band(board(), session, "", { kind: "stale", text: "Reconnecting", banner: "" }, "dark", nothing);
  const [connection] = found(views, "data-testid", "connection");
  assert.ok(connection);
  assert.equal(textOf(connection), "Reconnecting");
  assert.match(words(views), /Amalwatch/);
});

/** Fetches that are answered by hand, and a clock that only `rest` moves. */
function keeper() {
  const asked: { track: string; answer: (detail: TrackDetail) => void; fail: (error: Error) => void }[] = [];
  const due: (() => void)[] = [];
  const made = new ReasonsKeeper({
    fetch: (id) => new Promise((answer, fail) => asked.push({ track: id, answer, fail })),
    after: (_, call) => due.push(call),
    changed: () => {},
  });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const rest = async () => {
    for (const call of due.splice(0)) call();
    await settled();
  };
  return { made, asked, rest, settled };
}

test("reasons are asked for at most once a second, and once more for any number of changes", async () => {
  const { made, asked, rest, settled } = keeper();
  made.watch("T1");
  made.touch();
  made.touch();
  asked[0]?.answer(detail());
  await settled();
  assert.equal(asked.length, 1);
  assert.equal(made.reasons.identification?.track, "T1");
  await rest();
  assert.equal(asked.length, 2);
});

test("an answer for a track no longer selected is dropped", async () => {
  const { made, asked, settled } = keeper();
  made.watch("T1");
  made.watch("T2");
  asked[0]?.answer(detail());
  await settled();
  assert.equal(made.reasons.identification, null);
  assert.deepEqual(
    asked.map((one) => one.track),
    ["T1", "T2"],
  );
});

test("when the node does not answer, or has no reasons, the last ones stay and are called old", async () => {
  const { made, asked, rest, settled } = keeper();
  made.watch("T1");
  asked[0]?.answer(detail());
  await settled();
  await rest();
  made.touch();
  asked[1]?.fail(new Error("The node cannot be reached"));
  await settled();
  assert.equal(made.reasons.identification?.track, "T1");
  const text = words(trackPanel(board(), track(), made.reasons, UNOPENED, actions));
  assert.match(text, /These reasons are old: The node cannot be reached/);
  await rest();
  made.touch();
  asked[2]?.answer({ ...detail(), identification: null });
  await settled();
  assert.match(made.reasons.problem, /the node has none/);
});
