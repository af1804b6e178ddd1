import assert from "node:assert/strict";
import { test } from "node:test";
import { band, rehearsalBand } from "../src/band.ts";
import { type Children, h, textOf, type View, walk } from "../src/dom.ts";
import { conflictRows, ROW_PX, rows, timing, trackRows } from "../src/list.ts";
import { flightPanel, trackPanel } from "../src/panel.ts";
import { ReasonsKeeper } from "../src/reasons.ts";
import type { TrackDetail } from "../src/wire.ts";
import { board, boardOf, detail, raw, track } from "./sample.ts";

const actions = { track: () => {}, flight: () => {}, close: () => {} };
const page = (views: Children): View => h("div", {}, ...views);
const words = (views: Children): string => textOf(page(views));
const found = (views: Children, name: string, value: string): View[] =>
  [...walk(page(views))].filter(({ attributes }) => attributes[name] === value);

test("the panel shows the sum of the evidence, every candidate and none of them", () => {
  const { identification } = detail();
  const text = words(trackPanel(board(), track(), { identification, problem: "" }, actions));
  assert.match(text, /Consistent with F1, declared by Party One/);
  assert.match(text, /Sum of the log-odds\+3\.20/);
  assert.match(text, /25 to 1 for/);
  assert.match(text, /None of the declared flights4 %/);
  assert.match(text, /12:00|00:16:39Z · r1/);
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
    trackPanel(boardOf(one), one, { identification: { ...identification, silent }, problem: "" }, actions),
  );
  assert.match(text, /Party One has not been asked/);
  assert.match(text, /Party Two does not take part/);
  assert.match(text, /p3 has not answered/);
  assert.match(text, /Silence says nothing against this aircraft/);
});

test("identifiers are quoted as claims, and a conflict says no more than it means", () => {
  const panel = (kind: string): string => {
    const sky = { ...board(), conflicts: [{ ...raw.snapshot.conflicts[0], kind }] };
    return words(trackPanel(sky, track(), { identification: null, problem: "" }, actions));
  };
  assert.match(panel("at-once"), /claims to be “1581F4XF1”/);
  assert.match(panel("at-once"), /Claimed too by T2: .*at least one is not its owner's/);
  assert.doesNotMatch(panel("apart"), /not its owner's/);
});

test("heights that were not measured are not shown as numbers", () => {
  const one = track({ height_m: null, pressure_altitude_m: null });
  const text = words(trackPanel(boardOf(one), one, { identification: null, problem: "" }, actions));
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
  const ids = (filter: string): string[] => rows(sky, filter, "standing").map(({ id }) => id);
  assert.deepEqual(ids(""), ["B", "C", "A", "0"]);
  assert.deepEqual(ids("party one OFF"), ["C"]);
  assert.deepEqual(ids("1581f4"), ["C", "A"]);
  assert.deepEqual(ids("nothing such"), []);
});

test("of thousands of tracks only the rows in sight are made, on a spacer as high as all", () => {
  const many = Array.from({ length: 5000 }, (_, i) => track({ id: `T${i}` }));
  const sky = boardOf(...many);
  const list = trackRows(
    sky,
    many,
    { top: 1000 * ROW_PX, height: 600 },
    "T1001",
    () => "",
    () => {},
  );
  assert.ok(list.children.length < 30);
  assert.match(String(list.attributes.style), new RegExp(`${5000 * ROW_PX}px`));
  const chosen = found([list], "aria-selected", "true");
  assert.deepEqual(
    chosen.map(({ attributes }) => [attributes["data-track"], attributes["aria-posinset"]]),
    [["T1001", 1002]],
  );
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
  const session = { party: "p1", role: "watch", expires: 0 };
  const nothing = { theme: () => {}, help: () => {}, signOut: () => {} };
  const views = band(board(), session, { kind: "stale", text: "Reconnecting", banner: "" }, "dark", nothing);
  const [connection] = found(views, "data-testid", "connection");
  assert.ok(connection);
  assert.equal(textOf(connection), "Reconnecting");
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

test("when the node does not answer, or the track is lost, the last reasons stay and are called old", async () => {
  const { made, asked, rest, settled } = keeper();
  made.watch("T1");
  asked[0]?.answer(detail());
  await settled();
  await rest();
  made.touch();
  asked[1]?.fail(new Error("The node cannot be reached"));
  await settled();
  assert.equal(made.reasons.identification?.track, "T1");
  const text = words(trackPanel(board(), track(), made.reasons, actions));
  assert.match(text, /These reasons are old: The node cannot be reached/);
  await rest();
  made.touch();
  asked[2]?.answer({ ...detail(), identification: null });
  await settled();
  assert.match(made.reasons.problem, /lost/);
});
