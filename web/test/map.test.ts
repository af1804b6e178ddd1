import assert from "node:assert/strict";
import { test } from "node:test";
import { bounds, circle, course, destination, ellipse, mercator } from "../src/geo.ts";
import { action, moved } from "../src/keys.ts";
import { type Camera, type Placed, placeLabels } from "../src/labels.ts";
import {
  drawn,
  extent,
  flightFeatures,
  flightsKey,
  sectorFeatures,
  sectorNames,
  sensorFeatures,
} from "../src/layers.ts";
import { Marks, mark } from "../src/marks.ts";
import { tokenOf } from "../src/session.ts";
import { namePlace, project, shift } from "../src/view.ts";
import { height, odds, percent, position, SENSOR_MARKS, signed, span, speed } from "../src/words.ts";
import { board, boardOf, track } from "./sample.ts";

const near = (found: number, wanted: number, within: number): void =>
  assert.ok(Math.abs(found - wanted) <= within, `${found} is not ${wanted}`);

test("Mercator: known points of EPSG:3857", () => {
  assert.deepEqual(mercator(0, 0), [0.5, 0.5]);
  const [x, y] = mercator(180, 85.05112878);
  near(x, 1, 1e-9);
  near(y, 0, 1e-9);
  // Tripoli: pyproj 4326 → 3857 gives (1467836.54, 3882329.83) m; the world is 40075016.686 m wide.
  const [east, north] = mercator(13.1858, 32.9022);
  near((east - 0.5) * 40_075_016.686, 1_467_836.54, 0.1);
  near((0.5 - north) * 40_075_016.686, 3_882_329.83, 0.1);
});

test("Tripoli to Tarhuna is 66.9 km on 141 degrees", () => {
  const [lon, lat] = destination([13.1858, 32.9022], 141, 66_900);
  near(lon, 13.6344, 0.01);
  near(lat, 32.4339, 0.01);
  const reach = circle([13, 32], 10_000);
  assert.deepEqual(reach[0], [13, destination([13, 32], 0, 10_000)[1]]);
  near(reach.at(-1)?.[0] ?? 0, 13, 1e-9);
});

test("the ellipse has the axes of the covariance, scaled to 95 %", () => {
  const ring = ellipse([0, 0], [400, 0, 100]);
  const metres = (degrees: number): number => degrees * 111_195;
  near(metres(Math.max(...ring.map(([lon]) => lon))), 20 * Math.sqrt(5.991), 0.2);
  near(metres(Math.max(...ring.map(([, lat]) => lat))), 10 * Math.sqrt(5.991), 0.2);
  const turned = ellipse([0, 0], [250, 150, 250]);
  const [lon, lat] = turned[0] ?? [0, 0];
  near(lon, lat, 1e-9);
});

test("courses are clockwise from north", () => {
  assert.deepEqual([course(0, 1), course(1, 0), course(0, -1), course(-1, 0)], [0, 90, 180, 270]);
});

test("features: closed rings, reach circles, nothing for a sensor without a place", () => {
  const sky = board();
  const [outline] = sectorFeatures(sky).features;
  assert.ok(outline?.geometry.type === "Polygon");
  assert.deepEqual(outline.geometry.coordinates[0]?.at(0), outline.geometry.coordinates[0]?.at(-1));
  assert.deepEqual(
    sensorFeatures(sky).features.map(({ geometry }) => geometry.type),
    ["Point", "LineString"],
  );
  assert.deepEqual(extent(sky), [13, 32, 14, 33]);
  const bare = { ...sky, sectors: new Map(), tracks: new Map() };
  assert.deepEqual(extent(bare), [13, 32, 14, 33], "the flights, where there is no sector");
  assert.equal(extent({ ...bare, flights: new Map() }), null);
  const flights = new Map([...sky.flights].map(([id, flight]) => [id, { ...flight, state: "Accepted" as const }]));
  const far = new Map(
    [...sky.sectors].map(([id, one]) => [
      id,
      {
        ...one,
        outline: [
          [20, 32],
          [21, 32],
          [21, 33],
        ] as const,
      },
    ]),
  );
  assert.deepEqual(
    extent({ ...sky, flights, sectors: far, time: 0 }),
    [13, 32, 21, 33],
    "those to come, where none is current",
  );
  const over = new Map([...sky.flights].map(([id, flight]) => [id, { ...flight, state: "Ended" as const }]));
  assert.deepEqual(extent({ ...sky, flights: over, sectors: far, time: 0 }), [20, 32, 21, 33]);
});

test("flights: own or not, active or later, gone when ended", () => {
  const sky = board();
  const volume = (time: number) =>
    flightFeatures({ ...sky, time }).features.find(({ properties }) => properties.part === "volume");
  assert.equal(volume(1000)?.properties.own, true);
  assert.equal(volume(1000)?.properties.active, true);
  assert.equal(volume(499)?.properties.active, false);
  assert.equal(volume(2001), undefined);
  assert.notEqual(flightsKey({ ...sky, time: 499 }), flightsKey(sky));
  assert.equal(flightsKey({ ...sky, time: 1001 }), flightsKey(sky));
  const flight = sky.flights.get("F1");
  assert.ok(flight && !drawn({ ...flight, state: "Ended" }, 1000));
});

test("a coasting track fades with age but never away; a lost one is a cross at its last contact", () => {
  const fade = (age: number): number => {
    const one = track({ status: "coasting", last_contact: { time: 1000 - age, lon: 1, lat: 2, height_m: null } });
    return mark(boardOf(one), one).opacity;
  };
  assert.ok(fade(5) > fade(30) && fade(30) > fade(1000) && fade(1000) >= 0.4);
  const lost = track({ status: "lost", last_contact: { time: 990, lon: 1, lat: 2, height_m: null } });
  const cross = mark(boardOf(lost), lost);
  assert.equal(cross.sidc, "");
  assert.deepEqual([cross.x, cross.y], [...mercator(1, 2)]);
  assert.deepEqual(cross.label, ["F1 · T1", "last contact 00:16:30Z", "height not known"]);
});

test("labels: a flight by its name, a claim in quotes, the standing in words, badges as flags", () => {
  const sky = board();
  assert.deepEqual(mark(sky, track()).label, ["F1", "consistent 96 %", "3000 m · 50 m/s"]);
  const claimed = mark(sky, track({ flight: null, standing: "cooperative" }));
  assert.deepEqual(claimed.label.slice(0, 2), ["“1581F4XF1”", "cooperative"]);
  assert.ok(claimed.shadowed && claimed.conflict);
  const [dx, dy] = mark(sky, track({ velocity: [0, 100, null] })).leader;
  assert.ok(dx === 0 && dy < 0, "north is up");
});

test("marks of unchanged tracks are kept, and made anew when a flight changes", () => {
  const marks = new Marks();
  const sky = board();
  assert.equal(marks.all(sky)[0], marks.all({ ...sky, time: 1001 })[0]);
  assert.notEqual(marks.all(sky)[0], marks.all({ ...sky, flights: new Map(sky.flights) })[0]);
});

const camera: Camera = { x: 0.5, y: 0.5, world: 512, width: 1000, height: 800, density: 1, covered: [] };
const placed = (px: number, py: number, id = `${px},${py}`): Placed => ({ mark: mark(board(), track({ id })), px, py });

test("labels never cover each other or a symbol; the selected one is always there, whole", () => {
  const crowd = Array.from({ length: 60 }, (_, i) => placed(300 + (i % 8) * 30, 300 + Math.floor(i / 8) * 30));
  const chosen = crowd[30];
  assert.ok(chosen);
  const labels = placeLabels(crowd, camera, [chosen]);
  assert.equal(labels[0]?.lines.length, 3);
  assert.ok(labels.length < crowd.length);
  const boxes = labels.map(({ lines, x, y, left }) => {
    const width = Math.max(...lines.map((line) => line.length)) * 7.2;
    return [left ? x - width : x, y, left ? x : x + width, y + 14 * lines.length] as const;
  });
  for (const [i, a] of boxes.entries()) {
    for (const b of boxes.slice(i + 1)) assert.ok(a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3]);
  }
});

test("no words go under buttons, not even those of the selected track where there is room beside them", () => {
  const covered = [[700, 0, 1000, 800]] as const;
  for (const singled of [[], [placed(690, 400)]]) {
    const marks = singled.length > 0 ? singled : [placed(690, 400)];
    const [label] = placeLabels(marks, { ...camera, covered }, singled);
    assert.equal(label?.left, true);
  }
  const under = placed(850, 400);
  assert.equal(placeLabels([under], { ...camera, covered }).length, 0);
  assert.equal(placeLabels([under], { ...camera, covered }, [under]).length, 1);
});

test("where there is no room for all lines, there may be for the name", () => {
  const between = [placed(500, 400), placed(640, 400), placed(370, 340), placed(370, 400), placed(370, 460)];
  const labels = placeLabels(between, { ...camera, width: 655 });
  const lines = labels.map((label) => label.lines.length);
  assert.ok(lines.includes(1) && lines.includes(3), String(lines));
});

test("a lost track has its words where nothing is near, or where it is singled out", () => {
  const gone = (px: number, py: number): Placed => {
    const one = track({ id: `${px}`, status: "lost" });
    return { mark: mark(boardOf(one), one), px, py };
  };
  const [first, second, far] = [gone(300, 300), gone(320, 310), gone(800, 600)];
  assert.ok(first && second && far);
  const heights = (singled: Placed[]) => placeLabels([first, second, far], camera, singled).length;
  assert.equal(heights([]), 1);
  assert.equal(heights([second]), 2);
  assert.equal(placeLabels([gone(500, 400), placed(540, 400)], camera).length, 1);
});

test("the one pointed at is named beside the selected one", () => {
  const crowd = Array.from({ length: 60 }, (_, i) => placed(300 + (i % 8) * 30, 300 + Math.floor(i / 8) * 30));
  const singled = [crowd[30], crowd[12]].filter((one) => one !== undefined);
  const labels = placeLabels(crowd, camera, singled);
  assert.deepEqual(
    labels.slice(0, 2).map(({ lines }) => lines.length),
    [3, 3],
  );
});

test("the view moves only as far as a place needs to be clear of the edges", () => {
  const at = (px: number, py: number) =>
    shift(camera, camera.x + (px - 500) / camera.world, camera.y + (py - 400) / camera.world).map(Math.round);
  assert.deepEqual(at(500, 400), [0, 0]);
  assert.deepEqual(at(60, 740), [0, 0]);
  assert.deepEqual(at(1100, 20), [160, -40]);
  assert.deepEqual(at(-40, 900), [-100, 160]);
});

test("a sector's name is whole on its outline wherever the view is, and nowhere rather than cut", () => {
  const [x, y] = mercator(13.5, 32.5);
  const view = (change: Partial<Camera> = {}): Camera => ({ ...camera, x, y, world: 200_000, ...change });
  const outline = [
    [13, 32],
    [14, 32],
    [14, 33],
    [13, 33],
  ] as const;
  assert.deepEqual(namePlace(view(), outline, 20), [13.5, 33]);
  const whole = (camera: Camera, covered: readonly number[] = []): void => {
    const place = namePlace(camera, outline, 20);
    assert.ok(place);
    const [px, py] = project(camera, ...mercator(...place));
    assert.ok(px > 64 && px < camera.width - 64 && py > 22 && py < camera.height, `${px},${py}`);
    const [left = 0, top = 0, right = 0, bottom = 0] = covered;
    assert.ok(px + 64 < left || px - 64 > right || py < top || py - 22 > bottom);
  };
  whole(view({ x: x + 0.0022 }));
  whole(view({ y: y + 0.0012, height: 400 }));
  whole(view({ covered: [[450, 0, 550, 200]] }), [450, 0, 550, 200]);
  assert.equal(namePlace(view({ world: 30_000_000 }), outline, 20), null);
  const sky = board();
  assert.deepEqual(
    sectorNames(sky, view()).features.map(({ properties }) => properties.label),
    ["South · Party One"],
  );
});

test("a sensor has its id once, with its kind as a mark", () => {
  const [point] = sensorFeatures(board()).features;
  assert.deepEqual([point?.properties.label, point?.properties.mark], ["r1", "R"]);
  assert.equal(new Set(Object.values(SENSOR_MARKS)).size, Object.keys(SENSOR_MARKS).length);
});

test("a lone label has three lines, beside the symbol", () => {
  const [label] = placeLabels([placed(500, 400)], camera);
  assert.equal(label?.lines.length, 3);
  assert.equal(Math.abs((label?.x ?? 0) - 500), 20);
});

test("what is left for the others is bounded as what it is left by", () => {
  for (const [part, rest] of [
    [0.9996, "< 0.1 %"],
    [0.9994, "0.1 %"],
    [0.9964, "0.4 %"],
    [0.9901, "1.0 %"],
    [0.9, "10 %"],
  ] as const) {
    assert.equal(percent(1 - part), rest);
    const [whole, left] = [percent(part), rest].map((shown) => Number(shown.replace(/[^\d.]/g, "")));
    near((whole ?? 0) + (left ?? 0), 100, 1e-6);
  }
});

test("words: units, probabilities that are never certain, odds", () => {
  assert.equal(height(3048), "3\u202f048 m (10\u202f000 ft)");
  assert.equal(speed(100), "100 m/s (194 kt)");
  assert.deepEqual([1, 0.99999, 0.996, 0.5, 0.004, 0.0003, 0].map(percent), [
    "> 99.9 %",
    "> 99.9 %",
    "99.6 %",
    "50 %",
    "0.4 %",
    "< 0.1 %",
    "< 0.1 %",
  ]);
  assert.deepEqual([signed(-0.5), signed(2)], ["−0.50", "+2.00"]);
  assert.deepEqual([odds(Math.log(20)), odds(-Math.log(3)), odds(0)], ["20 to 1 for", "3.0 to 1 against", "even"]);
  assert.deepEqual([span(59.4), span(185), span(7800)], ["59 s", "3 min 05 s", "2 h 10 min"]);
  assert.equal(position(-13.5, 32.4339), "32.4339° N 13.5000° W");
  assert.deepEqual(bounds([]), null);
});

test("keys mean nothing while text is typed, except Escape", () => {
  const press = (key: string, target: unknown = null) =>
    action({ key, ctrlKey: false, metaKey: false, altKey: false, target: target as EventTarget });
  assert.deepEqual(
    ["?", "/", "f", "Escape", "x"].map((key) => press(key)),
    ["help", "filter", "fit", "clear", null],
  );
  const input = { tagName: "INPUT", type: "search" };
  assert.deepEqual(
    ["/", "f", "Escape"].map((key) => press(key, input)),
    [null, null, "clear"],
  );
  assert.equal(action({ key: "f", ctrlKey: true, metaKey: false, altKey: false, target: null }), null);
  assert.deepEqual([moved("ArrowDown", -1, 5, 3), moved("ArrowDown", 4, 5, 3), moved("End", 0, 5, 3)], [0, 4, 4]);
  assert.deepEqual(
    [moved("PageUp", 4, 5, 3), moved("ArrowUp", -1, 5, 3), moved("Home", 0, 0, 3), moved("x", 0, 5, 3)],
    [1, 4, null, null],
  );
});

test("a sign-in link, its fragment or the bare token", () => {
  assert.equal(tokenOf(" http://127.0.0.1:8500/#sign-in=aB-c_9 "), "aB-c_9");
  assert.equal(tokenOf("#sign-in=abc"), "abc");
  assert.equal(tokenOf("abc"), "abc");
  assert.equal(tokenOf("http://127.0.0.1:8500/"), null);
  assert.equal(tokenOf(""), null);
});
