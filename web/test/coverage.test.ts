import assert from "node:assert/strict";
import { test } from "node:test";
import { conformanceSection } from "../src/conformance.ts";
import {
  COVERAGE_LOOKS,
  COVERAGE_MEANINGS,
  conflictsSection,
  coverageSection,
  coverageSentence,
  FLIGHT_MOVES,
  flightRows,
  looksSection,
  moves,
  worstFirst,
} from "../src/coverage.ts";
import { COVERAGE_STATES, type Conformance } from "../src/deskwire.ts";
import { h, textOf, type View, walk } from "../src/dom.ts";
import type { Form } from "../src/formview.ts";
import type { LonLat } from "../src/geo.ts";
import { zoneFeatures, zonesKey } from "../src/layers.ts";
import { LAYERS_OF, SOURCES, style } from "../src/mapstyle.ts";
import { PALETTES } from "../src/theme.ts";
import { blankZone, readZone, refusedZoneField, zoneDraft } from "../src/zoneform.ts";
import { type ZoneActions, type ZonesShown, zoneOrder, zonesPanel, zoneTiming } from "../src/zoneview.ts";
import { conflict, desk, flight, known, line, NOON, volume, zone } from "./desk.ts";

const text = (view: View | null): string => (view === null ? "" : textOf(view));
const all = (view: View | null): View[] => (view === null ? [] : [...walk(view)]);
const click = (view: View | undefined): void =>
  (view as unknown as { attributes: { onclick(): void } }).attributes.onclick();

test("every state has a word, a mark and a meaning of its own", () => {
  const looks = COVERAGE_STATES.map((state) => COVERAGE_LOOKS[state]);
  assert.equal(new Set(looks.map(({ mark }) => mark)).size, COVERAGE_STATES.length);
  assert.deepEqual(
    looks.map(({ word }) => word),
    [...COVERAGE_STATES],
  );
  assert.equal(new Set(Object.values(COVERAGE_MEANINGS)).size, COVERAGE_STATES.length);
});

test("worst first: held last whatever comes, ties by who is entered first", () => {
  const lines = [
    line({ state: "held", post: "a" }),
    line({ state: "waiting", post: "b" }),
    line({ state: "overdue", post: "late", entry_time: NOON + 900 }),
    line({ state: "overdue", post: "soon", entry_time: NOON + 100 }),
    line({ state: "refused", post: "c" }),
    line({ state: "unreachable", post: null }),
  ];
  assert.deepEqual(
    worstFirst(lines).map(({ state, post }) => `${state} ${post}`),
    ["refused c", "overdue soon", "overdue late", "unreachable null", "waiting b", "held a"],
  );
});

test("in one line, only what is held by all is called held", () => {
  const said = (...states: (typeof COVERAGE_STATES)[number][]): string =>
    coverageSentence(known({ coverage: states.map((state) => line({ state })) }));
  assert.equal(said("held"), "Held");
  assert.equal(said("held", "held"), "Held by all 2");
  assert.equal(said(), "Nobody is known to guard the air it crosses");
  for (const state of COVERAGE_STATES) {
    if (state === "held") continue;
    assert.equal(said(state), "Not held by anybody");
    assert.equal(said("held", state), "Not held by 1 of 2");
  }
});

test("rows: own first, ended last; chips in words for own flights only; not held is said before the chips", () => {
  const view = desk({
    flights: [
      known({ ref: "ITALY-01", own: false, flight: flight({ id: "ITALY-01", party: "italy" }), coverage: [] }),
      known({ ref: "OVER", flight: flight({ id: "OVER", state: "Ended" }) }),
      known({ coverage: [line(), line({ party: "gna", post: null, post_name: "", state: "unreachable" })] }),
    ],
  });
  const chosen: string[] = [];
  const rows = flightRows(view, null, "", "AFRICOM-01", { choose: (ref) => chosen.push(ref) });
  assert.deepEqual(
    rows.map(({ attributes }) => attributes["data-flight"]),
    ["AFRICOM-01", "ITALY-01", "OVER"],
  );
  const [own, foreign, over] = rows as [View, View, View];
  assert.match(textOf(own), /Not held by 1 of 2enters gna 12:15:05Z.*⊘ gna: unreachable✓ Tarhuna air watch: held/);
  assert.equal(own.attributes["aria-pressed"], "true");
  const late = flightRows({ ...view, time: NOON + 1000 }, null, "", null, { choose: () => {} });
  assert.match(textOf(late[0] as View), /entered gna 12:15:05Z by plan/);
  assert.doesNotMatch(textOf(own), /no track/, "nothing is known of what is seen");
  assert.doesNotMatch(textOf(foreign), /held|guard/i);
  assert.doesNotMatch(textOf(over), /held|13:10/i, "when it was to end says nothing of when it did");
  click(rows[1]);
  assert.deepEqual(chosen, ["ITALY-01"]);
});

test("rows are found by what stands in them, coverage too", () => {
  const view = desk({ flights: [known(), known({ ref: "B", coverage: [line({ state: "overdue" })] })] });
  const found = (filter: string) => flightRows(view, null, filter, null, { choose: () => {} });
  assert.equal(found("overdue tarhuna").length, 1);
  assert.match(text(found("nothing")[0] ?? null), /No flight matches/);
  assert.match(
    text(flightRows(desk({ flights: [] }), null, "", null, { choose: () => {} })[0] ?? null),
    /No flight is known/,
  );
});

test("a flight's coverage: who, since when, how long until it enters, and what was read back", () => {
  const view = desk({
    flights: [
      known({
        coverage: [
          line({ read_back_error_m: 840 }),
          line({ post: "b", post_name: "B", state: "overdue", text: "Told at noon, and silent." }),
        ],
      }),
    ],
  });
  const said = text(coverageSection(view, "AFRICOM-01", NOON + 60));
  assert.match(
    said,
    /Not held by 1 of 2\..*! B: overdue.*Told at noon, and silent\.since 11:59:00Z, 2 min 00 senters in 14 min 05 s/,
  );
  assert.match(said, /read back 840 m from where it enters/);
  assert.match(text(coverageSection(view, "AFRICOM-01", NOON + 1000)), /entered 12:15:05Z by plan/);
  assert.equal(
    coverageSection(desk({ flights: [known({ own: false })] }), "AFRICOM-01"),
    null,
    "others' is not ours to know",
  );
  assert.equal(coverageSection(view, "NONE"), null);
  const over = known({ flight: flight({ state: "Ended" }), coverage: [] });
  assert.equal(coverageSection(desk({ flights: [over] }), "AFRICOM-01"), null, "no post needs to hold it any more");
  assert.match(text(coverageSection(desk({ flights: [known({ coverage: [] })] }), "AFRICOM-01")), /No post was told/);
});

test("conflicts: with what, when, how high, whether blurred; a click shows where", () => {
  const shown: LonLat[] = [];
  const view = desk({
    flights: [
      known({
        conflicts: [
          conflict({ blurred: true }),
          conflict({ kind: "zone", other: "africom:z1", party: "africom", start: NOON }),
        ],
      }),
    ],
  });
  const section = conflictsSection(view, "AFRICOM-01", { show: (at) => shown.push(at), flight: () => {} });
  const said = text(section);
  assert.ok(said.indexOf("Food drop") < said.indexOf("ITALY-01"), "the first comes first");
  assert.match(said, /zone Food drop of africomParachutes12:00:00–12:25:00Z, 2.100–2.500 m/);
  assert.match(said, /flight ITALY-01 of italyblurred12:11:40–12:25:00Z.*the true volumes may not meet/);
  click(all(section).find((view) => view.tag === "button" && textOf(view).startsWith("Show")));
  assert.deepEqual(shown, [[13.3, 32.2]]);
  assert.match(text(conflictsSection(desk(), "AFRICOM-01")), /Nothing else that is known here claims this air/);
});

test("moves: those allowed and no other, none for others' flights; ending and nonconforming ask once more", () => {
  const offered = (state: keyof typeof FLIGHT_MOVES, own = true) =>
    all(moves(known({ own, flight: flight({ state }) }), { move: () => {} }))
      .map(({ attributes }) => attributes["data-move"])
      .filter(Boolean);
  for (const state of Object.keys(FLIGHT_MOVES) as (keyof typeof FLIGHT_MOVES)[]) {
    assert.deepEqual(offered(state), [...FLIGHT_MOVES[state]]);
    assert.deepEqual(offered(state, false), []);
  }
  const done: string[] = [];
  const view = moves(known(), { move: (ref, state) => done.push(`${ref} ${state}`) });
  const asked = all(view).find(({ tag, attributes }) => tag === "details" && attributes["data-key"] === "Ended");
  assert.match(text(asked ?? null), /This cannot be taken back.*Yes, AFRICOM-01 has ended/);
  const twice = all(view)
    .filter(({ tag }) => tag === "details")
    .map(({ attributes }) => attributes["data-key"]);
  assert.deepEqual(twice, ["Nonconforming", "Contingent", "Ended"]);
  assert.match(text(moves(known(), { move: () => {}, amend: () => {}, kept: true })), /Your draft is kept/);
  const outside = all(view).filter((one) => !all(asked ?? null).includes(one));
  assert.ok(!outside.some(({ attributes }) => attributes["data-move"] === "Ended"));
  click(all(asked ?? null).find(({ attributes }) => attributes["data-move"] === "Ended"));
  assert.deepEqual(done, ["AFRICOM-01 Ended"]);
});

test("looks: newest first, and what it means that there are none", () => {
  const looks = [
    { party: "un", role: "watch", version: 1, time: NOON },
    { party: "lna", role: "crew", version: 2, time: NOON + 60 },
  ];
  assert.match(text(looksSection(looks, 2)), /looked at it2lna \(crew\)version 2, 12:01:00Zun \(watch\)/);
  assert.match(text(looksSection(null, 2)), /Asking the node/);
  assert.match(text(looksSection([], 0)), /Nobody outside this party/);
});

// Zones

test("zones: in force, to come, over, lifted; those in force first", () => {
  const later = zone({ id: "later", volumes: [volume({ start: NOON + 90, end: NOON + 900 })] });
  const lifted = zone({ id: "lifted", lifted: true });
  assert.deepEqual(
    zoneOrder([lifted, later, zone()], NOON).map(({ id }) => id),
    ["z1", "later", "lifted"],
  );
  assert.equal(zoneTiming(zone(), NOON), "in force until 12:10:00Z");
  assert.equal(zoneTiming(later, NOON), "from 12:01:30Z, in 1 min 30 s");
  assert.equal(zoneTiming(zone(), NOON + 601), "over");
  assert.equal(zoneTiming(lifted, NOON), "lifted");
});

test("on the map: lifted and past zones are gone, the key changes when that changes", () => {
  const parts = (time: number, change = {}) =>
    zoneFeatures([zone(change)], time).features.map(({ properties }) => properties);
  assert.deepEqual(
    parts(NOON).map(({ part, active, label }) => active ?? `${part} ${label}`),
    [true, "name Food drop"],
  );
  assert.equal(parts(NOON - 601)[0]?.active, false);
  assert.deepEqual([parts(NOON + 601), parts(NOON, { lifted: true })], [[], []]);
  const keys = [NOON - 601, NOON, NOON + 601].map((time) => zonesKey([zone()], time));
  keys.push(zonesKey([zone({ lifted: true })], NOON), zonesKey([zone({ version: 2 })], NOON));
  assert.equal(new Set(keys).size, 5);
});

test("every layer draws from a source there is, and every switched layer exists", () => {
  const { layers, sources } = style(PALETTES.dark);
  const ids = layers.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const layer of layers) if ("source" in layer) assert.ok(layer.source in sources, layer.id);
  for (const name of SOURCES)
    assert.ok(
      layers.some((layer) => "source" in layer && layer.source === name),
      name,
    );
  for (const switched of Object.values(LAYERS_OF).flat()) assert.ok(ids.includes(switched), switched);
});

test("a zone as typed: its faults by field, and what is sent", () => {
  const blank = blankZone(desk({ zones: [zone({ id: "africom-zone-1121-1" })] }), NOON);
  assert.equal(blank.id, "africom-zone-1121-2");
  assert.deepEqual([...readZone(blank, NOON).problems.keys()], ["name", "reason", "volumes"]);
  const draft = zoneDraft(zone());
  assert.deepEqual(readZone(draft, NOON).zone, {
    id: "z1",
    name: "Food drop",
    reason: "Parachutes",
    volumes: zone().volumes,
    exempt: ["un"],
  });
  const bad = { ...draft, volumes: draft.volumes.map((row) => ({ ...row, upper_m: "low" })) };
  assert.deepEqual([...readZone(bad, NOON).problems.keys()], ["volumes[0].upper_m"]);
  assert.equal(refusedZoneField("volumes[0].outline", draft), "volumes[0].outline");
  assert.equal(refusedZoneField("volumes.0", draft), "volumes[0].outline");
  assert.equal(refusedZoneField("volumes.1", draft), "volumes");
  assert.equal(refusedZoneField("name", draft), "name");
  assert.equal(refusedZoneField("body", draft), "");
});

const stubs = { far: () => "far off" };
const doing = new Proxy(stubs, { get: (own, name) => (name === "far" ? own.far : () => {}) }) as unknown as ZoneActions;
const zones = (change: Partial<ZonesShown>): View => {
  const draft = zoneDraft(zone());
  const form: Form = { name: "z", draft, problems: new Map(), change: () => {}, shift: () => {} };
  const parties = [
    ["africom", "AFRICOM"],
    ["un", "U.N."],
  ] as const;
  const shown = {
    view: desk(),
    now: NOON,
    phase: "list",
    form,
    draft,
    drawing: null,
    parties,
    restored: false,
    problem: "",
  };
  return h("div", {}, ...zonesPanel({ ...shown, name: (party: string) => party, ...change } as ZonesShown, doing));
};

test("only the officer of the party that set a zone can change or lift it", () => {
  const offered = (view: ReturnType<typeof desk>) => /Lift/.test(textOf(zones({ view })));
  assert.ok(offered(desk({ role: "officer" })));
  assert.ok(!offered(desk({ role: "operator" })));
  assert.ok(!offered(desk({ role: "officer", node: "un" })));
  assert.match(textOf(zones({})), /Food dropin force until 12:10:00ZParachutesSet by africom; does not concern un/);
});

test("the form offers every other party to be exempt", () => {
  assert.match(textOf(zones({ phase: "form" })), /far off/, "what is doubted stands in the form");
  const ticks = all(zones({ phase: "form" })).filter(({ attributes }) => attributes.type === "checkbox");
  assert.deepEqual(
    ticks.map(({ attributes }) => [attributes["data-field"], attributes.checked]),
    [["exempt.un", true]],
  );
});

test("how a flight keeps to its volumes: the state, how far outside, and what it falls short of", () => {
  const kept: Conformance = {
    state: "Nonconforming",
    version: 1,
    time: NOON,
    track: "t7",
    standing: "off-plan",
    probability: 0.97,
    seen_s: 400,
    inside_share: 0.9,
    excursions: 2,
    excursions_over: 1,
    longest_s: 31,
    since: NOON - 31,
    excursion_s: 31,
    outside: { away_m: 1204.4, bearing_deg: 45, above_m: -80, late_s: null },
    short_of: ["OiMinConformance"],
  };
  const told = text(conformanceSection(kept));
  assert.match(told, /Outside its volumes\. Now 1204 m beside, 80 m below\./);
  assert.match(told, /Inside for 90\.0 % of the 400 s .* left them 2 times, 1 of these for more than 10 s/);
  assert.match(told, /less than 95 % of the time inside/);
  const fine = text(conformanceSection({ ...kept, state: "Conforming", outside: null, short_of: [] }));
  assert.match(fine, /Within its volumes\./);
  assert.doesNotMatch(fine, /Short of/);
});
