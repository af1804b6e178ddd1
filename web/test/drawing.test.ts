import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, type Drawing, draw, type Stroke } from "../src/drawing.ts";
import type { LonLat } from "../src/geo.ts";
import { draftFeatures, pointFeatures } from "../src/layers.ts";
import { hatch } from "../src/mapstyle.ts";
import { type Canvas, Sketch } from "../src/sketch.ts";

const reach = 0.001;
const press = (lon: number, lat: number): Stroke => ({ kind: "press", at: [lon, lat], reach });
const grab = (lon: number, lat: number): Stroke => ({ kind: "grab", at: [lon, lat], reach });
const after = (from: Drawing, ...strokes: Stroke[]): Drawing => strokes.reduce(draw, from);
const triangle = [press(13, 32), press(14, 32), press(14, 33)];

test("clicks add corners in order, to a tenth of a metre", () => {
  const made = after(begin("outline"), ...triangle, press(13.123_456_78, 33));
  assert.deepEqual(made.corners, [
    [13, 32],
    [14, 32],
    [14, 33],
    [13.123457, 33],
  ]);
  assert.equal(made.phase, "open");
});

test("the second click of a double click adds nothing, and the double click finishes", () => {
  const made = after(begin("outline"), ...triangle, press(14.0004, 33.0004), { kind: "finish" });
  assert.equal(made.corners.length, 3);
  assert.equal(made.phase, "finished");
});

test("what has too few corners cannot be finished", () => {
  assert.equal(after(begin("outline"), press(13, 32), press(14, 32), { kind: "finish" }).phase, "open");
  assert.equal(after(begin("line"), press(13, 32), { kind: "finish" }).phase, "open");
  assert.equal(after(begin("line"), press(13, 32), press(14, 32), { kind: "finish" }).phase, "finished");
});

test("the first corner closes an outline of three or more, and does nothing to a line", () => {
  const closed = after(begin("outline"), ...triangle, press(13.0003, 32));
  assert.deepEqual([closed.phase, closed.corners.length], ["finished", 3]);
  assert.equal(after(begin("outline"), press(13, 32), press(14, 32), press(13, 32)).phase, "open");
  const line = after(begin("line"), ...triangle, press(13, 32));
  assert.deepEqual([line.phase, line.corners.length], ["open", 3]);
});

test("a drag moves the corner that was taken and no other, until it is let go", () => {
  const moved = after(begin("outline"), ...triangle, grab(14.0005, 32), { kind: "move", at: [15, 31] });
  assert.deepEqual(moved.corners[1], [15, 31]);
  assert.deepEqual(
    [moved.corners[0], moved.corners[2]],
    [
      [13, 32],
      [14, 33],
    ],
  );
  const dropped = after(moved, { kind: "drop" }, { kind: "move", at: [0, 0] });
  assert.deepEqual(dropped.corners[1], [15, 31]);
  const beside = after(begin("outline"), ...triangle, grab(14.5, 32), { kind: "move", at: [15, 31] });
  assert.deepEqual(beside.corners[1], [14, 32], "nothing was within reach");
});

test("Backspace takes the last corner back, and none from none", () => {
  assert.equal(after(begin("line"), ...triangle, { kind: "back" }).corners.length, 2);
  assert.equal(after(begin("line"), { kind: "back" }).corners.length, 0);
});

test("once finished or cancelled nothing changes it", () => {
  for (const end of ["finish", "cancel"] as const) {
    const made = after(begin("outline"), ...triangle, { kind: end });
    assert.equal(after(made, press(1, 1), { kind: "back" }, { kind: "cancel" }), made);
  }
});

test("a drawing goes on from the corners there were", () => {
  const made = after(begin("line", [[13, 32]]), press(14, 32), { kind: "finish" });
  assert.deepEqual(made.corners, [
    [13, 32],
    [14, 32],
  ]);
});

test("on the map: numbered corners over the closed outline; nothing of an outline of two corners but its line", () => {
  const shapes = (drawing: Drawing) => draftFeatures(drawing, [], []).features.map(({ geometry }) => geometry.type);
  const full = draftFeatures(after(begin("outline"), ...triangle), [], []);
  const [polygon] = full.features;
  assert.ok(polygon?.geometry.type === "Polygon");
  assert.equal(polygon.geometry.coordinates[0]?.length, 4);
  assert.deepEqual(
    full.features.filter(({ properties }) => properties.part === "corner").map(({ properties }) => properties.label),
    ["1", "2", "3"],
  );
  assert.deepEqual(shapes(after(begin("outline"), press(13, 32), press(14, 32))), ["LineString", "Point", "Point"]);
  assert.equal(pointFeatures(null).features.length, 0);
});

test("hatching is in the zone's colour, tiles without a seam, and leaves most of the ground to be seen", () => {
  const { width, height, data } = hatch("#12ab34");
  const alpha = (x: number, y: number) => data[(y * width + x) * 4 + 3];
  assert.deepEqual([...data.slice(0, 3)], [0x12, 0xab, 0x34]);
  assert.deepEqual([alpha(0, 0), alpha(1, width - 1), alpha(3, 3)], [255, 255, 0]);
  for (let x = 0; x < width; x++) assert.equal(alpha(x, height - 1), alpha((x + height - 1) % width, 0));
  const clear = Array.from({ length: width * height }, (_, i) => data[i * 4 + 3]).filter((value) => value === 0);
  assert.ok(clear.length > (width * height) / 2);
});

/** A map that draws what the test tells it to. */
function canvas() {
  let told: (drawing: Drawing) => void = () => {};
  let drawing = begin("outline");
  const made: Canvas & { stroke(stroke: Stroke): void; sets: number } = {
    sets: 0,
    set: () => {
      made.sets++;
    },
    draw: (shape, corners, changed) => {
      [told, drawing] = [changed, begin(shape, corners)];
      changed(drawing);
      return () => made.stroke({ kind: "cancel" });
    },
    stroke: (stroke) => {
      const before = drawing;
      drawing = draw(drawing, stroke);
      if (drawing !== before) told(drawing);
    },
  };
  return made;
}

test("a sketch hands over what was finished, and nothing that was cancelled", () => {
  const map = canvas();
  const sketch = new Sketch(map, () => {});
  const got: (readonly LonLat[])[] = [];
  sketch.toggle("0", "outline", [], (corners) => got.push(corners));
  for (const stroke of triangle) map.stroke(stroke);
  assert.equal(sketch.of, "0");
  assert.equal(sketch.drawing?.corners.length, 3);
  map.stroke({ kind: "finish" });
  assert.equal(got[0]?.length, 3);
  assert.deepEqual([sketch.of, sketch.drawing], [null, null]);
  sketch.toggle("0", "outline", [], (corners) => got.push(corners));
  map.stroke({ kind: "cancel" });
  sketch.toggle("0", "outline", [], (corners) => got.push(corners));
  sketch.toggle("0", "outline", [], (corners) => got.push(corners));
  assert.deepEqual([got.length, sketch.of], [1, null]);
});

test("what is shown is given to the map once, however often it is shown", () => {
  const map = canvas();
  const sketch = new Sketch(map, () => {});
  sketch.show([], []);
  sketch.show([], []);
  assert.equal(map.sets, 1);
  sketch.show(
    [],
    [
      [13, 32],
      [14, 32],
    ],
  );
  assert.equal(map.sets, 2);
});
