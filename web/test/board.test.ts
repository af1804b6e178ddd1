import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, GapError } from "../src/board.ts";
import { SPACING_S, Trails } from "../src/trails.ts";
import { board, delta, raw, track } from "./sample.ts";

test("deltas change, add and remove tracks, and the board before stays as it was", () => {
  const before = board();
  const after = fold(before, [
    delta(8, { tracks: [track({ lon: 14 }), track({ id: "T2" })] }),
    delta(9, { removed: ["T1"], time: 1234 }),
  ]);
  assert.deepEqual([...after.tracks.keys()], ["T2"]);
  assert.deepEqual([after.number, after.time], [9, 1234]);
  assert.deepEqual([before.number, [...before.tracks.keys()]], [7, ["T1"]]);
});

test("a missing number is a gap", () => {
  assert.throws(
    () => fold(board(), [delta(8), delta(10)]),
    (error) => error instanceof GapError && error.expected === 9 && error.found === 10,
  );
});

test("a delta sent again after a resume changes nothing", () => {
  assert.equal(fold(board(), [delta(7, { removed: ["T1"] }), delta(8)]).tracks.size, 1);
});

test("conflicts stay where a delta says null, and go where it says none", () => {
  assert.equal(fold(board(), [delta(8)]).conflicts.length, 1);
  assert.equal(fold(board(), [delta(8, { conflicts: [] })]).conflicts.length, 0);
});

test("flights are replaced whole, and keep their identity as a table where unchanged", () => {
  const before = board();
  assert.equal(fold(before, [delta(8)]).flights, before.flights);
  const flight = { ...raw.snapshot.flights[0], version: 2 };
  assert.equal(fold(before, [delta(8, { flights: [flight] })]).flights.get("F1")?.version, 2);
});

test("trails keep five minutes, spaced, and only of what was measured", () => {
  const trails = new Trails();
  for (let time = 0; time <= 1000; time += 1) trails.add(track({ time, lon: time / 1000 }));
  const times = trails.of("T1").filter((_, i) => i % 3 === 0);
  assert.ok((times[0] as number) >= 700);
  assert.equal(times.at(-1), 1000);
  for (let i = 1; i < times.length; i++) assert.ok((times[i] as number) - (times[i - 1] as number) >= SPACING_S);
  trails.add(track({ id: "T9", status: "coasting" }));
  assert.deepEqual(trails.of("T9"), []);
  trails.forget("T1");
  assert.deepEqual(trails.of("T1"), []);
});
