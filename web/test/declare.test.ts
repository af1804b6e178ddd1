import assert from "node:assert/strict";
import { test } from "node:test";
import * as forms from "../src/declareform.ts";
import { type DeclareActions, declarePanel, type Shown } from "../src/declareview.ts";
import { type Children, h, textOf, type View, walk } from "../src/dom.ts";
import { elsewhere, farWords } from "../src/far.ts";
import { fileWords, LONGEST_BYTES, summary } from "../src/flightsfile.ts";
import { corridor } from "../src/outline.ts";
import {
  changed,
  cornersSoFar,
  fieldOf,
  placeText,
  textAt,
  timeText,
  typedCorners,
  typedNumber,
  typedPlace,
  typedTime,
} from "../src/typed.ts";
import { anotherVolume, readVolume, volumeRow } from "../src/volumeform.ts";
import type { Identifier } from "../src/wire.ts";
import { conflict, desk, flight, known, NOON, volume, zone } from "./desk.ts";

const page = (views: Children): View => h("div", {}, ...views);
const words = (views: Children): string => textOf(page(views));
const find = (views: Children, wanted: (view: View) => boolean): View | undefined =>
  [...walk(page(views))].find(wanted);

// What people type

test("numbers: plain decimals and true minus; nothing that could be read in two ways", () => {
  assert.deepEqual([" 12.5 ", "-3", "−3", "+.5", "7."].map(typedNumber), [12.5, -3, -3, 0.5, 7]);
  for (const text of ["", "1,5", "1 000", "1e3", "NaN", "12m", "0x10", "--1"])
    assert.equal(typedNumber(text), null, text);
});

test("times are UTC in every spelling; a time alone is the nearest one; no date that does not exist", () => {
  for (const text of ["2019-11-21 12:00:00Z", "2019-11-21T12:00:00Z", "2019-11-21 12:00", "2019-11-21 12:00z"])
    assert.equal(typedTime(text, 0), NOON, text);
  assert.equal(typedTime("12:30", NOON), NOON + 1800);
  assert.equal(typedTime("23:50", NOON + 43_200 + 600), NOON + 42_600, "ten minutes before midnight, just after it");
  assert.equal(typedTime("00:10Z", NOON + 42_600), NOON + 43_800, "and the other way round");
  for (const text of [
    "",
    "2019-02-30 12:00Z",
    "24:00",
    "12:60",
    "12:00:60",
    "12:00+01:00",
    "tomorrow",
    "2019-13-01 00:00",
  ])
    assert.equal(typedTime(text, NOON), null, text);
  assert.equal(typedTime(timeText(NOON + 61), 0), NOON + 61);
});

test("places: latitude first, or letters in either order; corners one a line", () => {
  assert.deepEqual(typedPlace("32.68, 13.17"), [13.17, 32.68]);
  assert.deepEqual(typedPlace(placeText([13.17, -32.68])), [13.17, -32.68], "as it is shown");
  assert.deepEqual(typedPlace("32.68 N 13.17 W"), [-13.17, 32.68]);
  assert.deepEqual(typedPlace("13.17°E, 32.68°S"), [13.17, -32.68]);
  for (const text of ["", "13", "1 2 3", "13 E 32 E", "N 13 E 32", "13; x", "13.1.2, 3"])
    assert.equal(typedPlace(text), null, text);
  assert.deepEqual(typedCorners("32, 13\n\n32 14\n"), [
    [13, 32],
    [14, 32],
  ]);
  assert.equal(typedCorners("32 13\nhere"), 2);
  assert.equal(typedCorners("92, 13"), 1, "no latitude");
  assert.deepEqual(cornersSoFar("32 13\n32.5 1\n33"), [
    [13, 32],
    [1, 32.5],
  ]);
});

test("a change at a path leaves the rest as it was, and a path that is not there is our own fault", () => {
  const form = { a: [{ b: "1" }, { b: "2" }], c: "3" };
  assert.deepEqual(changed(form, "a[1].b", "x"), { a: [{ b: "1" }, { b: "x" }], c: "3" });
  assert.equal(form.a[1]?.b, "2");
  assert.equal(changed(form, "a[1].b", "x").a[0], form.a[0]);
  assert.throws(() => changed(form, "a[2].b", "x"));
  assert.deepEqual([textAt(form, "a[0].b"), textAt(form, "a[7].b"), textAt(form, "a")], ["1", "", ""]);
});

test("the field a refusal is about: the longest path that the form has", () => {
  const fields = ["id", "aircraft.type", "volumes", "volumes[0].outline", "volumes[1].outline", "volumes[1].end"];
  assert.equal(fieldOf("volumes[1].outline", fields), "volumes[1].outline");
  assert.equal(fieldOf("body.volumes.1.outline.3", fields), "volumes[1].outline");
  assert.equal(fieldOf("volumes[0].lower_m", fields), "volumes");
  assert.equal(fieldOf("type", fields), "aircraft.type");
  assert.equal(fieldOf("outline", fields), "", "of which volume is not said");
  assert.equal(fieldOf("", fields), "");
});

// The draft

const typed = (): forms.Draft => {
  const blank = forms.blank(desk(), NOON);
  const named = { ...blank, id: "A-1", aircraft: { ...blank.aircraft, type: "male_uav", crew: " " } };
  const planned = { ...named, plan: { start: "12:30", speed: "100", height: "3000" } };
  return forms.withLine(
    planned,
    [
      [13, 32],
      [13.5, 32],
    ],
    NOON,
  );
};

test("a blank draft guesses no height, no speed and no type; its id is free, its contact the last one", () => {
  const blank = forms.blank(desk({ flights: [known({ flight: flight({ id: "AFRICOM-1121-01" }) })] }), NOON);
  assert.deepEqual(
    [blank.id, blank.contact, blank.plan.height, blank.plan.speed],
    ["AFRICOM-1121-02", "+49 711 1", "", ""],
  );
  const { problems, declaration } = forms.read(blank, NOON);
  assert.equal(declaration, null);
  assert.deepEqual([...problems.keys()], ["aircraft.type", "route"]);
});

test("a drawn line gets heights, and times by its speed; what is declared is the route and the corridor about it", () => {
  const draft = typed();
  assert.deepEqual(
    draft.route.map(({ alt_m }) => alt_m),
    ["3000", "3000"],
  );
  assert.equal(draft.route[0]?.time, "2019-11-21 12:30:00Z");
  // pyproj: 47 247 m, at 100 m/s.
  assert.equal(draft.route[1]?.time, "2019-11-21 12:37:53Z");
  const { declaration, problems } = forms.read(draft, NOON);
  assert.deepEqual([...problems], []);
  assert.ok(declaration);
  assert.equal(declaration.aircraft.crew, null, "blanks are nobody");
  assert.deepEqual(declaration.route[0], { lon: 13, lat: 32, alt_m: 3000, time: NOON + 1800 });
  assert.deepEqual(
    declaration.volumes,
    corridor(declaration.route, { halfWidth_m: 1000, vertical_m: 150, early_s: 600, late_s: 1200 }),
  );
  assert.equal(declaration.volumes.length, 2);
  assert.ok(
    !("party" in declaration) && !("version" in declaration) && !("state" in declaration),
    "these are the node's",
  );
});

test("a line that is changed on the map keeps the heights of the points that stayed", () => {
  const before = changed(typed(), "route[1].alt_m", "2500");
  const after = forms.withLine(
    before,
    [
      [13.5, 32],
      [14, 32],
    ],
    NOON,
  );
  assert.deepEqual(
    after.route.map(({ alt_m }) => alt_m),
    ["2500", "3000"],
  );
});

test("each thing that is wrong is said at its field", () => {
  const wrong = (path: string, value: unknown): string[] => [
    ...forms.read(changed(typed(), path, value), NOON).problems.keys(),
  ];
  for (const id of [" ", "a/b", "a:b", "50%", "x".repeat(65)]) assert.deepEqual(wrong("id", id), ["id"], id);
  assert.deepEqual(wrong("route[1].lat", "95"), ["route[1].lat"]);
  assert.deepEqual(wrong("route[1].alt_m", ""), ["route[1].alt_m"]);
  assert.deepEqual(wrong("route[1].time", "12:30"), ["route[1].time"], "not after the point before");
  assert.deepEqual(wrong("margins.half_width", "-5"), ["margins.half_width"]);
  assert.deepEqual(wrong("margins.early", "soon"), ["margins.early"]);
  assert.deepEqual(wrong("way", "volumes"), ["volumes"]);
  assert.deepEqual(wrong("aircraft.identifiers", [{ kind: "icao_address", value: "0a1b2" }]), [
    "aircraft.identifiers[0].value",
  ]);
});

test("identifiers: their forms, and the node's normal form", () => {
  const bad = (kind: Identifier["kind"], value: string): boolean => forms.identifierProblem(kind, value) !== null;
  assert.ok(!bad("icao_address", "0a1b2c") && bad("icao_address", "0a1b2g") && bad("icao_address", "0A1B2C"));
  assert.ok(!bad("remote_id_serial", "1581F5FJC2470000UN07") && bad("remote_id_serial", "1581F5FJC2470000UN071"));
  assert.ok(!bad("callsign", "AFR1234") && bad("callsign", "AFR12345") && bad("callsign", "AFR_1"));
  assert.ok(bad("session_id", "") && bad("session_id", "Ä"));
  assert.ok(!bad("drip_entity_tag", "2001:30:280:1405:a3ad:1952:ad0:a69e") && !bad("drip_entity_tag", "2001:3f::5"));
  assert.ok(bad("drip_entity_tag", "2001:40:280:1405:a3ad:1952:ad0:a69e") && bad("drip_entity_tag", "a3ad1952"));
  assert.equal(forms.serialDoubt("1581F5FJC2470000UN07"), null);
  assert.notEqual(forms.serialDoubt("1581F4XF1"), null);
  const draft = changed(typed(), "aircraft.identifiers", [
    { kind: "icao_address", value: " 0A1B2C" },
    { kind: "callsign", value: "afr1234 " },
    { kind: "drip_entity_tag", value: "2001:30:280:1405:A3AD:1952:AD0:A69E" },
  ]);
  assert.deepEqual(
    forms.read(draft, NOON).declaration?.aircraft.identifiers.map(({ value }) => value),
    ["0a1b2c", "AFR1234", "2001:30:280:1405:a3ad:1952:ad0:a69e"],
  );
});

test("volumes: corners, heights and times, each with its own fault", () => {
  const faults = (change: Partial<ReturnType<typeof volumeRow>>): string[] => {
    const found: string[] = [];
    readVolume({ ...volumeRow(volume()), ...change }, NOON, (field) => found.push(field));
    return found;
  };
  assert.deepEqual(readVolume(volumeRow(volume()), NOON, assert.fail), volume());
  assert.deepEqual(faults({ outline: "32 13\n32 14" }), ["outline"]);
  assert.deepEqual(faults({ outline: "32 13\n33 14\n32 14\n33 13" }), ["outline"], "edges cross");
  assert.deepEqual(faults({ outline: "32 13\n32 14\n33 14\n32 13" }), ["outline"], "closed");
  assert.deepEqual(faults({ lower_m: "3000" }), ["upper_m"]);
  assert.deepEqual(faults({ end: "2019-11-21 12:00Z", lower_m: "x" }), ["lower_m", "end"]);
  assert.deepEqual(faults({ end: timeText(NOON + 600) }), ["end"], "no time at all");
  const next = anotherVolume([volumeRow(volume())], NOON);
  assert.deepEqual([next.outline, next.start, next.lower_m], ["", timeText(NOON + 4200), "2000"]);
});

test("a change is filled in with what is declared: by its route where that made the volumes, else by the volumes", () => {
  const route = forms.read(typed(), NOON).declaration?.route ?? [];
  const margins = { halfWidth_m: 700, vertical_m: 200, early_s: 300, late_s: 900 };
  const declared = flight({ route, volumes: corridor(route, margins) });
  const draft = forms.draftOf("AFRICOM-01", declared);
  assert.deepEqual(
    [draft.way, draft.replaces, draft.margins],
    ["route", 2, { half_width: "700", vertical: "200", early: "5", late: "15" }],
  );
  const { declaration } = forms.read(draft, NOON);
  assert.deepEqual(declaration, forms.read(forms.draftOf("AFRICOM-01", { ...declared }), NOON).declaration);
  assert.deepEqual(declaration?.volumes, declared.volumes);
  assert.deepEqual(declaration?.aircraft, declared.aircraft);
  const other = forms.draftOf("AFRICOM-01", flight());
  assert.deepEqual([other.way, forms.read(other, NOON).declaration?.volumes], ["volumes", flight().volumes]);
});

test("the node's refusals land at a field of the form, and none is lost", () => {
  const route = typed();
  const volumes = { ...route, way: "volumes" as const, volumes: [volumeRow(volume())] };
  const identified = forms.withIdentifier(route);
  assert.equal(forms.refusedField("route[1]", route), "route[1].lat");
  assert.equal(forms.refusedField("route", route), "route");
  assert.equal(forms.refusedField("volumes[1].outline", route), "margins.half_width", "the form has made the volumes");
  assert.equal(forms.refusedField("volumes[0].outline", volumes), "volumes[0].outline");
  assert.equal(forms.refusedField("volumes.0", volumes), "volumes[0].outline");
  assert.equal(forms.refusedField("volumes.7", volumes), "volumes");
  assert.equal(forms.refusedField("route.1", route), "route[1].lat");
  assert.equal(forms.refusedField("outline", volumes), "volumes[0].outline");
  assert.equal(forms.refusedField("icao_address", identified), "aircraft.identifiers[0].value");
  assert.equal(forms.refusedField("type", route), "aircraft.type");
  assert.equal(forms.refusedField("somewhere", route), "");
  const refusal = { reason: "x", what: "it is already over", where: "somewhere", remedy: "declare it for later" };
  assert.equal(forms.refusalWords(refusal, ""), "It is already over (somewhere). Declare it for later.");
  assert.equal(forms.refusalWords(refusal, "id"), "It is already over. Declare it for later.");
});

test("what somebody else changed is said in words; nothing for nothing", () => {
  assert.deepEqual(forms.differences(flight(), flight()), []);
  const after = flight({ contact: "", state: "Activated", volumes: [volume({ upper_m: 3500 })] });
  const found = forms.differences(flight(), after).join("; ");
  assert.match(found, /Contact: was \+49 711 1, is not said/);
  assert.match(found, /State: was Accepted, is Activated/);
  assert.match(found, /Volumes: their outlines, heights or ends/);
});

test("identifiers come and go by rows", () => {
  const two = forms.withIdentifier(forms.withIdentifier(typed()));
  assert.deepEqual(
    two.aircraft.identifiers.map(({ kind }) => kind),
    ["icao_address", "remote_id_serial"],
  );
  assert.equal(forms.withoutIdentifier(two, 0).aircraft.identifiers[0]?.kind, "remote_id_serial");
});

// Files

test("a file is told before it is sent: ids, times, and why it cannot be", () => {
  const one = { id: "f1", party: "un", volumes: [{ start: "2019-11-21T12:00:00Z", end: NOON + 60 }] };
  const { flights, problem } = summary(JSON.stringify([one, { id: "f2" }]));
  assert.equal(problem, "");
  assert.deepEqual(flights[0], { id: "f1", party: "un", volumes: 1, start: NOON, end: NOON + 60 });
  assert.match(fileWords(flights[0] as (typeof flights)[0]), /1 volume, 2019-11-21 12:00:00Z to 2019-11-21 12:01:00Z/);
  assert.match(fileWords(flights[1] as (typeof flights)[0]), /0 volumes, times not readable/);
  for (const [text, found] of [
    ["[", /not JSON/],
    ["{}", /not a list/],
    ["[]", /empty list/],
    ["[1]", /flight 1 has no id/],
    ["[null]", /flight 1 has no id/],
    [JSON.stringify([one, one]), /f1 is in it twice/],
    [`["${"x".repeat(LONGEST_BYTES)}"]`, /1 MiB/],
  ] as const) {
    assert.match(summary(text).problem, found);
  }
});

// The views

const actions = new Proxy({}, { get: () => () => {} }) as DeclareActions;
function shown(change: Partial<Shown> = {}, problems: Record<string, string> = {}): Shown {
  const draft = change.draft ?? typed();
  return {
    form: { name: "t", draft, problems: new Map(Object.entries(problems)), change: () => {}, shift: () => {} },
    draft,
    way: "form",
    phase: { kind: "edit" },
    view: desk(),
    now: NOON,
    corridor: forms.read(draft, NOON).declaration?.volumes ?? [],
    file: null,
    drawing: null,
    canDraw: true,
    farRoute: null,
    restored: false,
    parties: [],
    name: (party) => party.toUpperCase(),
    ...change,
  };
}

test("every control has a name, and what is wrong stands with the control it is about", () => {
  const views = declarePanel(shown({}, { "aircraft.type": "Say what.", "route[1].time": "Later." }), actions);
  const all = [...walk(page(views))];
  const labels = new Set(all.filter(({ tag }) => tag === "label").map(({ attributes }) => attributes.for));
  for (const { tag, attributes } of all) {
    if (!["input", "select", "textarea"].includes(tag) || attributes.type === "radio" || attributes.type === "checkbox")
      continue;
    assert.ok(labels.has(attributes.id) || attributes["aria-label"], JSON.stringify(attributes["data-field"]));
  }
  for (const path of ["aircraft.type", "route[1].time"]) {
    const control = all.find(({ attributes }) => attributes["data-field"] === path);
    assert.equal(control?.attributes["aria-invalid"], "true");
    const about = all.find(({ attributes }) => attributes.id === control?.attributes["aria-describedby"]);
    assert.equal(about?.attributes["data-problem"], path);
  }
  assert.match(words(views), /2 things are not right yet/);
});

test("both disclosures say what others will see; nothing is sent by the check", () => {
  const text = words(declarePanel(shown(), actions));
  assert.match(text, /sees all of it/);
  assert.match(text, /blurred outward to 11 km, 500 m and 15 minutes: no route/);
  assert.match(text, /Nothing is sent to anybody by the check/);
  assert.match(text, /2 volumes, 2.850–3.150 m/);
});

test("before sending: who gets it, whose crews must sign and when it enters, conflicts, and nobody said aloud", () => {
  const told = [
    { party: "un", name: "UN", entry_time: null, reachable: true },
    { party: "lna", name: "LNA", entry_time: NOON + 900, reachable: true },
  ];
  const peers = [
    { party: "un", name: "U.N." },
    { party: "italy", name: "Italy" },
  ];
  const check = { conflicts: [conflict(), conflict({ other: "A-0" })], told, posts: [], peers };
  const draft = { ...typed(), ref: "A-0", replaces: 1 };
  const text = words(declarePanel(shown({ draft, phase: { kind: "checked", check } }), actions));
  assert.match(text, /Who gets it2U\.N\.all of itItalyall of it/);
  assert.match(
    text,
    /Whose crews must sign for it2LNAenters its air 12:15:00Z, in 15 min 00 s.*UNtime of entry not known/,
  );
  assert.match(text, /Conflicts1flight ITALY-01 of ITALY/, "a change is in no conflict with what it changes");
  assert.match(text, /Send the change of A-0/);
  const none = words(
    declarePanel(shown({ phase: { kind: "checked", check: { conflicts: [], told: [], posts: [], peers } } }), actions),
  );
  assert.match(none, /Who gets it2U\.N\./);
  assert.match(none, /Nobody is known to guard this air: no crew will sign for it/);
  const blurred = shown({
    draft: { ...typed(), disclosure: "coarse" },
    phase: {
      kind: "checked",
      check: { ...check, told: [{ party: "lna", name: "", entry_time: NOON - 5, reachable: false }] },
    },
  });
  assert.match(
    words(declarePanel(blurred, actions)),
    /U\.N\.blurred.*entered its air 11:59:55Z by plan.*cannot be told/,
  );
});

test("a zone in conflict is told by its name and reason", () => {
  const check = {
    conflicts: [conflict({ kind: "zone", other: "z1", party: "africom" })],
    told: [],
    posts: [],
    peers: [],
  };
  const text = words(
    declarePanel(shown({ view: desk({ zones: [zone()] }), phase: { kind: "checked", check } }), actions),
  );
  assert.match(text, /zone Food drop of AFRICOMParachutes/);
});

test("somebody else's change waits for their version, then says it and offers both ways", () => {
  const waiting = shown({ phase: { kind: "changed", version: null, differences: [] } });
  const over = (views: Children) => find(views, ({ attributes }) => attributes["data-testid"] === "declare-over");
  assert.equal(over(declarePanel(waiting, actions))?.attributes.disabled, true);
  const come = declarePanel(shown({ phase: { kind: "changed", version: 3, differences: ["Contact: …"] } }), actions);
  assert.equal(over(come)?.attributes.disabled, false);
  assert.match(words(come), /Version 3 is declared now.*Contact: …/);
});

test("once declared, its coverage as it is now", () => {
  const text = words(declarePanel(shown({ phase: { kind: "done", refs: ["AFRICOM-01"], version: null } }), actions));
  assert.match(text, /AFRICOM-01 is declared/);
  assert.match(text, /Tarhuna air watch: held/);
  const draft = { ...typed(), ref: "AFRICOM-01", replaces: 2 };
  const changed_ = shown({ draft, phase: { kind: "done", refs: ["AFRICOM-01"], version: 3 } });
  assert.match(
    words(declarePanel(changed_, actions)),
    /AFRICOM-01 is changed: version 3\. Receipts of version 2 count no more\./,
  );
});

test("corners far from all else are doubted, and the order is said; near ones, or with nothing else, are not", () => {
  const view = desk({ posts: [], zones: [zone()], flights: [known()] });
  const others = elsewhere(view, {});
  assert.equal(others.length, 2);
  assert.equal(farWords("sector", cornersSoFar("32 13\n32 14\n33 14"), others), null);
  const swapped = farWords("sector", cornersSoFar("13 32\n14 32\n14 33"), others);
  // pyproj: 2 645 km from 14 N 32 E to 32 N 13.5 E.
  assert.match(
    swapped ?? "",
    /^This sector lies 2.\d00 km from everything else this node shows\. Latitude comes first\.$/,
  );
  assert.equal(farWords("sector", cornersSoFar("13 32\n14 32\n14 33"), []), null);
  assert.equal(elsewhere(view, { zone: "z1", flight: "AFRICOM-01" }).length, 0, "its own old corners are nothing else");
});

test("without a map there is nothing to draw with, and rows do it", () => {
  const button = (canDraw: boolean) =>
    find(declarePanel(shown({ canDraw }), actions), ({ attributes }) => attributes["data-key"] === "draw");
  assert.ok(button(true));
  assert.equal(button(false), undefined);
});
