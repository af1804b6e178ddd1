import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../src/board.ts";
import {
  contactSection,
  contactSentence,
  doubtSentences,
  fallSentence,
  farthest,
  isDoubtful,
  mayOpen,
  type Opened,
  reachSentence,
  stoodSentence,
  UNOPENED,
} from "../src/contact.ts";
import { textOf } from "../src/dom.ts";
import { FallsKeeper } from "../src/falls.ts";
import { circle, destination } from "../src/geo.ts";
import { contactFeatures, fallFeatures } from "../src/layers.ts";
import { mark } from "../src/marks.ts";
import { trackPanel } from "../src/panel.ts";
import { rows, trackRows } from "../src/tracklist.ts";
import { type LastContactDetail, parseLastContact, ROLES } from "../src/wire.ts";
import { board, boardOf, delta, raw, track } from "./sample.ts";

const HERE = [13.5, 32.5] as const;
const detail = (): LastContactDetail => parseLastContact(JSON.stringify(raw.last_contact));
const lost = (change = {}) =>
  track({
    id: "T0",
    status: "lost",
    velocity: [40, -3, null],
    last_contact: { time: 952, lon: HERE[0], lat: HERE[1], height_m: 1200 },
    conflicts: [],
    ...change,
  });
const reach = (radius: number) => ({ ...detail().reach, outline: circle(HERE, radius), time: 1006 });
const opened = (change: Partial<Opened> = {}): Opened => ({ allowed: true, detail: detail(), problem: "", ...change });
const section = (one = lost(), how = opened(), sky = boardOf(one)): string => {
  const view = contactSection(sky, one, how, () => {});
  return view === null ? "" : textOf(view).replaceAll("\u202f", " ");
};

test("the last contact is said with its time, height, pace and course", () => {
  assert.equal(
    contactSentence(lost(), 1000).replaceAll("\u202f", " "),
    "Last contact 00:15:52Z (48 s ago): 1 200 m (3 940 ft), 40 m/s (78 kt) to 094°.",
  );
  const still = lost({ velocity: [0, 0.2, null], last_contact: { time: 900, lon: 1, lat: 2, height_m: null } });
  assert.match(contactSentence(still, 1000), /1 min 40 s ago\): height not known, not moving\.$/);
});

test("whose it was held to be is said with the last contact, and no more", () => {
  assert.equal(stoodSentence(lost()), "It was then consistent: F1 (96 %).");
  assert.equal(stoodSentence(lost({ standing: "unknown", flight: null })), "It was then unknown.");
});

test("the area is a bound until a time, as far as its farthest corner", () => {
  assert.ok(Math.abs(farthest(lost(), reach(3100)) - 3100) < 1);
  assert.match(reachSentence(lost(), reach(3100)), /it is within 3\.1 km of there until 00:16:46Z \(95 %\)/);
  const sky = { ...boardOf(lost()), contacts: [{ track: "T0", reach: reach(3100) }] };
  assert.match(section(lost(), opened({ detail: null }), sky), /within 3\.1 km/);
  assert.match(section(lost(), UNOPENED), /too large to be shown/);
});

test("a fall is said from the last contact, with its ellipse, and how far it may have come gliding", () => {
  const [lon, lat] = destination(HERE, 85, 1200);
  const fall = { body: "MALE", lon, lat, covariance: [90_000, 0, 10_000] as const, fall_s: 24, glide_m: 0 };
  assert.equal(fallSentence(lost(), fall), "1.2 km to 085° of there, 95 % within 734 m; a fall of 24 s.");
  assert.match(fallSentence(lost(), { ...fall, glide_m: 9000 }), /Gliding, up to 9\.0 km from there\.$/);
  assert.match(fallSentence(lost(), { ...fall, lon: HERE[0], lat: HERE[1] }), /^below there/);
});

test("fall points are opened by operators and officers, and nobody else is shown any", () => {
  assert.deepEqual(ROLES.filter(mayOpen), ["operator", "officer"]);
  assert.equal(mayOpen(undefined), false);
  assert.match(section(), /MALE drone: .*That you looked is on the record/);
  assert.match(section(lost(), UNOPENED), /for operators and officers/);
  assert.match(section(lost(), opened({ detail: null, problem: "no" })), /cannot be shown: no\./);
  const low = opened({ detail: { ...detail(), falls: [] } });
  assert.match(section(lost(), low), /height was never measured/);
  assert.equal(section(track()), "", "a track that is seen has no last contact to speak of");
});

test("who may be the lost one going on is said beside it, and that its flight is seen elsewhere", () => {
  const later = track({ id: "T3", flight: null, continues: [{ id: "T0", probability: 0.6 }] });
  assert.match(section(lost(), opened(), boardOf(lost(), later)), /may go on as T3 \(60 %\)/);
  assert.match(section(lost(), opened(), boardOf(lost(), track({ id: "T5" }))), /F1 is seen now as T5/);
});

test("a doubtful number is said in the list, on the map and in the panel, with the reason", () => {
  const one = track({ doubt: 0.31, doubt_why: ["gap"], continues: [{ id: "T0", probability: 0.6 }], conflicts: [] });
  assert.deepEqual(doubtSentences(one), [
    "The number T1 may be another aircraft's (31 %): it was silent, and the number was given again to what was found then.",
    "It may be T0, which was lost, going on (60 %): not sure enough to bear that number.",
  ]);
  assert.equal(mark(boardOf(one), one).doubtful, true);
  assert.deepEqual(
    rows(boardOf(one, track({ id: "T2" })), "doubtful", "name", true).map(({ id }) => id),
    ["T1"],
  );
  const list = trackRows(boardOf(one), [one], { top: 0, height: 400, selected: null, at: -1 }, () => "", {
    choose: () => {},
    open: () => {},
  });
  assert.match(textOf(list), /no\.\?/);
  const panel = trackPanel(boardOf(one), one, { identification: null, problem: "" }, UNOPENED, {
    track: () => {},
    flight: () => {},
    close: () => {},
  });
  const text = panel.map((view) => (typeof view === "object" && view && "tag" in view ? textOf(view) : "")).join("");
  assert.match(text, /number doubtful.*may be another aircraft's \(31 %\)/);
  assert.equal(isDoubtful(track()), false);
  assert.deepEqual(doubtSentences(track()), []);
});

test("areas are closed rings with the selected one marked; falls an ellipse and a named point each", () => {
  const areas = contactFeatures([{ track: "T0", reach: detail().reach }], "T0").features;
  assert.deepEqual(
    areas.map(({ properties }) => [properties.id, properties.chosen]),
    [["T0", true]],
  );
  const ring = areas[0]?.geometry.type === "Polygon" ? (areas[0].geometry.coordinates[0] ?? []) : [];
  assert.deepEqual(ring.at(0), ring.at(-1));
  assert.deepEqual(
    fallFeatures(detail().falls).features.map(({ geometry, properties }) => [geometry.type, properties.label]),
    [
      ["LineString", undefined],
      ["Point", undefined],
      ["Point", "MALE drone"],
    ],
  );
});

test("areas stay as they were until they are all told anew", () => {
  const contacts = [{ track: "T0", reach: detail().reach }];
  const first = fold(board(), [delta(8, { contacts })]);
  assert.deepEqual(first.contacts, contacts);
  assert.equal(fold(first, [delta(9)]).contacts, first.contacts);
  assert.deepEqual(fold(first, [delta(9, { contacts: [] })]).contacts, []);
});

test("a loss is opened once, however often it is drawn, and another loss anew", async () => {
  const asked: string[] = [];
  let changes = 0;
  const keeper = new FallsKeeper({
    fetch: async (id) => {
      asked.push(id);
      return detail();
    },
    changed: () => {
      changes += 1;
    },
  });
  const later = lost({ last_contact: { time: 990, lon: 1, lat: 2, height_m: 5 } });
  for (const one of [track(), lost(), lost(), later]) keeper.watch(one, true);
  assert.deepEqual(asked, ["T0", "T0"]);
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual([keeper.opened.detail?.falls.length, changes], [1, 1], "the answer of before is no longer wanted");
  keeper.watch(null, true);
  assert.equal(keeper.opened.detail, null);
  keeper.watch(lost(), false);
  assert.deepEqual([asked.length, keeper.opened.allowed], [2, false]);
});

test("a refusal is told", async () => {
  const keeper = new FallsKeeper({ fetch: () => Promise.reject(new Error("gone")), changed: () => {} });
  keeper.watch(lost(), true);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(keeper.opened.problem, "gone");
});
