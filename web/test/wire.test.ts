import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "../src/check.ts";
import { parseFeeds, parseLive, parseRefusal, parseTrackDetail } from "../src/wire.ts";
import { raw } from "./sample.ts";

const changed = (part: "snapshot" | "delta" | "detail", change: (body: typeof raw) => void): string => {
  const body = structuredClone(raw[part]);
  change(body);
  return JSON.stringify(body);
};

const refused = (message: string, path: string): void => {
  assert.throws(
    () => parseLive(message),
    (error) => error instanceof WireError && error.fault.path === path,
  );
};

test("what the Python model writes is read", () => {
  assert.equal(parseLive(JSON.stringify(raw.snapshot)).kind, "snapshot");
  assert.equal(parseLive(JSON.stringify(raw.delta)).kind, "delta");
  assert.equal(parseTrackDetail(JSON.stringify(raw.detail)).identification?.candidates[0]?.flight, "F1");
});

test("fields that a newer server adds are let through", () => {
  assert.equal(parseLive(changed("delta", (body) => Object.assign(body, { later: 1 }))).kind, "delta");
});

for (const word of ["hostile", "suspect", "friend", "", null]) {
  test(`a standing ${JSON.stringify(word)} is refused with its place`, () => {
    refused(
      changed("snapshot", (body) => {
        body.tracks[0].standing = word;
      }),
      "tracks[0].standing",
    );
  });
}

test("every field of a track is needed", () => {
  for (const name of Object.keys(raw.snapshot.tracks[0])) {
    refused(
      changed("delta", (body) => {
        delete body.tracks[0][name];
      }),
      `tracks[0].${name}`,
    );
  }
});

test("a delta must say whether it is a rehearsal", () => {
  for (const rehearsal of [undefined, null, "true"]) {
    refused(
      changed("delta", (body) => {
        body.rehearsal = rehearsal;
      }),
      "rehearsal",
    );
  }
});

test("a silence this console has no word for is refused", () => {
  const message = (silence: string): string =>
    changed("delta", (body) => {
      body.tracks[0].silent = [{ party: "p2", silence }];
    });
  assert.equal(parseLive(message("no-answer")).kind, "delta");
  refused(message("guilty"), "tracks[0].silent[0].silence");
});

test("numbers must be numbers, probabilities between 0 and 1, pairs of two", () => {
  const cases: [string, unknown][] = [
    ["lon", "13.5"],
    ["lat", null],
    ["probability", 1.01],
    ["velocity", [1, 2]],
    ["identifiers", {}],
  ];
  for (const [name, value] of cases) {
    refused(
      changed("delta", (body) => {
        body.tracks[0][name] = value;
      }),
      `tracks[0].${name}`,
    );
  }
});

test("what is not JSON, or of no known kind, is refused", () => {
  refused("{", "");
  refused("null", "kind");
  refused('{"kind": "other"}', "kind");
});

test("feeds and refusals", () => {
  const feed = { path: "a", format: "sbs", messages: 1, detections: 0, rejected: { truncated: 2 }, last_error: "" };
  assert.equal(parseFeeds(JSON.stringify([feed]))[0]?.rejected.truncated, 2);
  assert.throws(() => parseFeeds(JSON.stringify([{ ...feed, rejected: { truncated: "2" } }])), /rejected\.truncated/);
  const error = { reason: "bad-token", what: "w", where: "", remedy: "r" };
  assert.deepEqual(parseRefusal(JSON.stringify({ error })), error);
});
