import assert from "node:assert/strict";
import { test } from "node:test";
import { destination, type LonLat } from "../src/geo.ts";
import { corridor, crossing, hull, lengths, type Margins, marginsOf, PIECE_S } from "../src/outline.ts";
import type { RoutePoint, Volume4D } from "../src/wire.ts";

const margins: Margins = { halfWidth_m: 1000, vertical_m: 150, early_s: 600, late_s: 1200 };
const point = (lon: number, lat: number, time: number, alt_m = 3000): RoutePoint => ({ lon, lat, alt_m, time });

function inside(ring: readonly LonLat[], [x, y]: LonLat): boolean {
  let odd = false;
  ring.forEach(([x1, y1], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length] as LonLat;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
  });
  return odd;
}

/** Whether the volumes hold a place at a height and a time. */
const held = (volumes: readonly Volume4D[], at: LonLat, height: number, time: number): boolean =>
  volumes.some(
    ({ outline, lower_m, upper_m, start, end }) =>
      start <= time && time <= end && lower_m <= height && height <= upper_m && inside(outline, at),
  );

/** A way with bends, a turn back, a climb, a stop; by seconds, some near the pole. */
const ROUTES: Readonly<Record<string, readonly RoutePoint[]>> = {
  straight: [point(13, 32, 0), point(13.5, 32.4, 1200)],
  "two points, an hour": [point(13, 32, 0), point(15, 32.2, 3600)],
  bends: [point(13, 32, 0), point(13.1, 32.1, 200), point(13.2, 32, 400, 4000), point(13.2, 31.9, 700)],
  back: [point(13, 32, 0), point(13.3, 32, 250), point(13, 32.001, 500)],
  stands: [point(13, 32, 0), point(13, 32, 400), point(13, 32, 900)],
  "in the far north": [point(13, 78, 0), point(14, 78.2, 400), point(13, 78.3, 800)],
  "south and west": [point(-70, -33, 0), point(-70.3, -33.2, 900)],
};

test("every place of the route has the margins around it: sideways, up and down, early and late", () => {
  for (const [name, route] of Object.entries(ROUTES)) {
    const volumes = corridor(route, margins);
    assert.ok(volumes.length > 0, name);
    route.slice(1).forEach((to, i) => {
      const from = route[i] as RoutePoint;
      for (let part = 0; part <= 1; part += 1 / 16) {
        const mix = (a: number, b: number): number => a + (b - a) * part;
        const at: LonLat = [mix(from.lon, to.lon), mix(from.lat, to.lat)];
        const [height, time] = [mix(from.alt_m, to.alt_m), mix(from.time, to.time)];
        for (let bearing = 0; bearing < 360; bearing += 30) {
          const beside = destination(at, bearing, 995);
          for (const [up, late] of [
            [0, 0],
            [149, 1199],
            [-149, -599],
          ] as const) {
            assert.ok(held(volumes, beside, height + up, time + late), `${name} at ${part} to ${bearing}`);
          }
        }
      }
    });
  }
});

test("a long leg is held along the great circle too, wherever it lies", () => {
  for (const lat of [-60, -32, 5, 45, 70]) {
    for (const bearing of [20, 45, 80, 130, 250, 310]) {
      const from: LonLat = [20, lat];
      const [lon2, lat2] = destination(from, bearing, 200_000);
      const volumes = corridor([point(...from, 0), point(lon2, lat2, 2000)], { ...margins, halfWidth_m: 100 });
      for (let part = 0; part <= 1; part += 1 / 16) {
        const at = destination(from, bearing, 200_000 * part);
        for (const side of [0, 90, 180, 270]) {
          assert.ok(held(volumes, destination(at, side, 99), 3000, 2000 * part), `${lat}, ${bearing}, ${part}`);
        }
      }
    }
  }
});

test("it claims little more: nothing two half widths beside a straight leg, half its height above it or an hour early", () => {
  const route = ROUTES.straight ?? [];
  const volumes = corridor(route, margins);
  const course = 45;
  const middle: LonLat = [13.25, 32.2];
  assert.ok(!held(volumes, destination(middle, course + 90, 1100), 3000, 600));
  assert.ok(!held(volumes, middle, 3160, 600));
  assert.ok(!held(volumes, middle, 3000, -700));
  const area = (ring: readonly LonLat[]): number => {
    const plane = ring.map(([lon, lat]) => [lon * 94_300, lat * 110_900] as const);
    return Math.abs(
      plane.reduce((sum, [x, y], i) => {
        const [x2, y2] = plane[(i + 1) % plane.length] as readonly [number, number];
        return sum + (x * y2 - x2 * y) / 2;
      }, 0),
    );
  };
  for (const { outline } of corridor(ROUTES.bends ?? [], margins)) assert.ok(area(outline) < 1.4 * 2000 * 22_000);
});

test("a wide corridor is as wide as asked in every direction, between the corners of its round ends too", () => {
  const volumes = corridor([point(13, 32, 0), point(13, 32.1, 300)], { ...margins, halfWidth_m: 20_000 });
  assert.ok(held(volumes, destination([13, 32.05], 90, 20_000), 3000, 150));
  assert.ok(held(volumes, destination([13, 32.1], 45, 19_990), 3000, 300));
});

test("a sharp bend within five minutes is cut in two, and the air inside the bend is left to others", () => {
  const volumes = corridor([point(13, 32, 0), point(13.1, 32.1, 100), point(13.2, 32, 200)], margins);
  assert.equal(volumes.length, 2);
  assert.ok(!held(volumes, [13.1, 32.03], 3000, 100));
  const gentle = corridor([point(13, 32, 0), point(13.1, 32.01, 100), point(13.2, 32, 200)], margins);
  assert.equal(gentle.length, 1);
});

test("a volume a five minutes, each beginning where the one before ends", () => {
  const route = ROUTES["two points, an hour"] ?? [];
  const volumes = corridor(route, margins);
  assert.equal(volumes.length, 3600 / PIECE_S);
  volumes.slice(1).forEach((volume, i) => {
    assert.equal(volume.start + margins.early_s, (volumes[i] as Volume4D).end - margins.late_s);
  });
  assert.equal(corridor(route.slice(0, 1), margins).length, 0);
  assert.equal(corridor([], margins).length, 0);
});

test("no outline crosses itself, and none repeats a corner", () => {
  for (const [name, route] of Object.entries(ROUTES)) {
    for (const { outline } of corridor(route, margins)) {
      assert.equal(crossing(outline), null, name);
      assert.equal(new Set(outline.map(String)).size, outline.length, name);
    }
  }
});

test("no volume lies wholly within another of its flight: that is refused", () => {
  for (const route of Object.values(ROUTES)) {
    const volumes = corridor(route, margins);
    volumes.forEach((a, i) => {
      volumes.forEach((b, k) => {
        assert.ok(i === k || a.start < b.start || a.end > b.end);
      });
    });
  }
});

test("edges that cross are named; a plain outline in either direction has none", () => {
  const square: LonLat[] = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  assert.equal(crossing(square), null);
  assert.equal(crossing(square.toReversed()), null);
  const [a, b, c, d] = square as [LonLat, LonLat, LonLat, LonLat];
  assert.deepEqual(crossing([a, c, b, d]), [1, 3]);
  assert.deepEqual(crossing([a, b, c, [0.5, 0]]), [1, 3], "a corner on another edge");
});

test("the hull leaves out what lies inside", () => {
  assert.deepEqual(
    hull([
      [0, 0],
      [2, 0],
      [1, 1],
      [2, 2],
      [0, 2],
      [1, 0],
    ]),
    [
      [0, 0],
      [2, 0],
      [2, 2],
      [0, 2],
    ],
  );
});

test("metres along a line: pyproj has 110 887 m from 31.5 to 32.5 N, 94 493 m from 13 to 14 E at 32 N", () => {
  const near = (found: number, wanted: number, within: number): void =>
    assert.ok(Math.abs(found - wanted) <= within, `${found} is not ${wanted}`);
  near(
    lengths([
      [13, 31.5],
      [13, 32.5],
    ])[1] ?? 0,
    110_887,
    5,
  );
  assert.deepEqual(lengths([[13, 32]]), [0]);
  const [start, east = 0, back = 0] = lengths([
    [13, 32],
    [14, 32],
    [13, 32],
  ]);
  near(east, 94_493, 5);
  assert.deepEqual([start, back], [0, 2 * east]);
});

test("the margins of a corridor are found again, and none in volumes that no corridor makes", () => {
  for (const [name, route] of Object.entries(ROUTES)) {
    for (const halfWidth_m of [50, 1000, 12_345]) {
      const wanted = { ...margins, halfWidth_m };
      assert.deepEqual(marginsOf(route, corridor(route, wanted)), wanted, `${name}, ${halfWidth_m}`);
    }
  }
  const route = ROUTES.straight ?? [];
  const [first, ...rest] = corridor(route, margins) as [Volume4D, ...Volume4D[]];
  const [corner, ...corners] = first.outline as [LonLat, ...LonLat[]];
  const bent = { ...first, outline: [[corner[0] + 0.01, corner[1]] as const, ...corners] };
  assert.equal(marginsOf(route, [bent, ...rest]), null);
  assert.equal(marginsOf([], [first]), null);
});
