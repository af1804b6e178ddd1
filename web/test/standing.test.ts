import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import ms from "milsymbol";
import { entity, frame, identity, LOOKS, meaning, sentence, sidc } from "../src/standing.ts";
import { pictureUrl } from "../src/symbols.ts";
import { STANDINGS, STATUSES } from "../src/wire.ts";
import { board, boardOf, track } from "./sample.ts";

const flights = ["F1", "F-foreign", "F-not-on-the-board", null];
const sky = (() => {
  const base = board();
  const own = base.flights.get("F1");
  if (own === undefined) throw new Error("the fixture has no flight F1");
  return {
    ...base,
    flights: new Map([
      ["F1", own],
      ["F-foreign", { ...own, id: "F-foreign", party: "p2" }],
    ]),
  };
})();

test("no track whatever can be drawn as anything but pending, unknown, friend or neutral (law 1)", () => {
  for (const standing of STANDINGS) {
    for (const status of STATUSES) {
      for (const flight of flights) {
        const one = track({ standing, status, flight });
        const code = sidc(sky, one);
        assert.match(code, /^100[0134]010000\d{6}0000$/);
        const { affiliation, suspect } = new ms.Symbol(code).getMetadata();
        assert.ok(["Friend", "Neutral", "Unknown"].includes(affiliation), `${code} is drawn as ${affiliation}`);
        assert.ok(!suspect);
      }
    }
  }
  for (const look of Object.values(LOOKS)) assert.ok([look.own, look.other].every((one) => [0, 1, 3, 4].includes(one)));
});

test("own flights are friend, other parties' flights neutral, the cooperative pending, all else unknown", () => {
  assert.equal(identity(sky, track({ standing: "verified", flight: "F1" })), 3);
  assert.equal(identity(sky, track({ standing: "off-plan", flight: "F1" })), 3);
  assert.equal(identity(sky, track({ standing: "consistent", flight: "F-foreign" })), 4);
  assert.equal(identity(sky, track({ standing: "consistent", flight: "F-not-on-the-board" })), 4);
  assert.equal(identity(sky, track({ standing: "cooperative", flight: null })), 0);
  assert.equal(identity(sky, track({ standing: "unknown", flight: null })), 1);
});

test("what an aircraft says of itself never gives it the symbol of a declared flight", () => {
  const declared = flights.filter((flight) => flight !== null).map((flight) => sidc(sky, track({ flight })));
  const claimed = sidc(sky, track({ standing: "cooperative", flight: null }));
  const unknown = sidc(sky, track({ standing: "unknown", flight: null }));
  assert.ok(!declared.includes(claimed));
  assert.notEqual(claimed, unknown);
  const dashed = (code: string): boolean => decodeURIComponent(pictureUrl(code)).includes('stroke-dasharray="14,10"');
  assert.deepEqual([claimed, unknown, ...declared].map(dashed), [true, false, false, false, false]);
});

test("where nothing was declared to this node, that is what is said, and no probability of it", () => {
  const one = track({ standing: "unknown", flight: null, probability: 1 });
  const bare = { ...boardOf(one), flights: new Map() };
  assert.equal(sentence(bare, one), "Unknown: nothing was declared to this node");
  assert.match(meaning(bare, one), /No declaration has reached this node.*no reason against an aircraft/);
  assert.doesNotMatch(meaning(bare, one), /%|fits no declared/);
  assert.match(meaning(sky, one), /> 99\.9 % that it is none of the declared flights\. It fits no declared flight/);
  const claims = track({ standing: "cooperative", flight: null, probability: 1 });
  assert.match(meaning(bare, claims), /^It says who it is/);
  assert.match(meaning(sky, track()), /^96 % that it is F1\. What was measured/);
});

test("standings differ by word and by line, not by colour alone", () => {
  const looks = Object.values(LOOKS);
  assert.equal(new Set(looks.map(({ word }) => word)).size, looks.length);
  assert.equal(new Set(looks.map(({ dash, double }) => `${dash} ${double}`)).size, looks.length);
});

test("a type is drawn only where a declared flight says it, and milsymbol knows every code", () => {
  assert.equal(sidc(sky, track({ flight: "F1" })).slice(10, 16), entity("male_uav"));
  assert.equal(sidc(sky, track({ flight: null, standing: "unknown" })).slice(10, 16), "000000");
  for (const type of ["male_uav", "quadcopter", "helicopter", "A320", "bird"]) {
    assert.ok(new ms.Symbol(`1003010000${entity(type)}0000`).isValid(), type);
  }
  for (const one of [0, 1, 3, 4] as const) assert.ok(new ms.Symbol(frame(one)).isValid());
});

test("the sentence names flight and declaring party", () => {
  const one = track({ standing: "consistent" });
  assert.equal(sentence(boardOf(one), one), "Consistent with F1, declared by Party One");
  assert.match(sentence(sky, track({ standing: "off-plan" })), /outside its volumes/);
  assert.match(sentence(sky, track({ standing: "unknown", flight: null })), /^Unknown: not identified/);
});

test("no source file of the console has a word for ill will", () => {
  const folder = new URL("../src/", import.meta.url);
  const files = readdirSync(folder);
  assert.ok(files.length > 20);
  for (const file of files) {
    assert.doesNotMatch(
      readFileSync(new URL(file, folder), "utf8"),
      /hostile|suspect|enem(y|ies)|threat|intruder/i,
      file,
    );
  }
});
