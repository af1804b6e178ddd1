import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "../src/check.ts";
import { withDesk } from "../src/deskboard.ts";
import { parseDesk } from "../src/deskwire.ts";
import { desk, rawDesk } from "./desksample.ts";
import { board } from "./sample.ts";

const refused = (change: (body: typeof rawDesk) => void, path: string): void => {
  const body = structuredClone(rawDesk.officer);
  body.inbox = structuredClone(rawDesk.crew.inbox);
  change(body);
  assert.throws(
    () => parseDesk(JSON.stringify(body)),
    (error) => error instanceof WireError && error.fault.path === path,
  );
};

test("the desk that the Python model writes is read", () => {
  assert.equal(desk("crew").inbox[0]?.notice.state, "put");
  assert.equal(desk("officer").peers[0]?.party, "p2");
});

test("every field of every part is needed", () => {
  const parts: [string, (body: typeof rawDesk) => Record<string, unknown>][] = [
    ["", (body) => body],
    ["flights[0]", (body) => body.flights[0]],
    ["flights[0].coverage[0]", (body) => body.flights[0].coverage[0]],
    ["flights[0].conflicts[0]", (body) => body.flights[0].conflicts[0]],
    ["zones[0]", (body) => body.zones[0]],
    ["posts[0]", (body) => body.posts[0]],
    ["posts[0].shift", (body) => body.posts[0].shift],
    ["inbox[0]", (body) => body.inbox[0]],
    ["inbox[0].notice", (body) => body.inbox[0].notice],
    ["advisories[0]", (body) => body.advisories[0]],
    ["people[0]", (body) => body.people[0]],
    ["peers[0]", (body) => body.peers[0]],
    ["directory[0]", (body) => body.directory[0]],
    ["record", (body) => body.record],
  ];
  const full = structuredClone(rawDesk.officer);
  full.inbox = structuredClone(rawDesk.crew.inbox);
  for (const [path, part] of parts) {
    for (const name of Object.keys(part(full))) {
      refused((body) => delete part(body)[name], path === "" ? name : `${path}.${name}`);
    }
  }
});

test("states, kinds and roles that this console has no word for are refused", () => {
  refused((body) => (body.inbox[0].notice.state = "ignored"), "inbox[0].notice.state");
  refused((body) => (body.flights[0].coverage[0].state = "assumed"), "flights[0].coverage[0].state");
  refused((body) => (body.advisories[0].kind = "engage"), "advisories[0].kind");
  refused((body) => (body.advisories[0].standing = "hostile"), "advisories[0].standing");
  refused((body) => (body.role = "admin"), "role");
});

test("the picture gains the desk's flights and sectors, and loses nothing of its own", () => {
  const view = desk();
  const [known] = view.flights;
  assert.ok(known);
  const more = { ...view, flights: [...view.flights, { ...known, ref: "p2:F1" }] };
  const own = board();
  const picture = withDesk(own, more);
  assert.deepEqual([...picture.flights.keys()].sort(), ["F1", "p2:F1"]);
  assert.equal(picture.flights.get("F1"), own.flights.get("F1"));
  assert.equal(picture.flights.get("p2:F1")?.id, "p2:F1");
  assert.ok(picture.sectors.has("s1"));
});

test("a desk of another node, or of a rehearsal beside a live picture, adds nothing", () => {
  const live = { ...board(), rehearsal: false };
  assert.equal(withDesk(live, desk()), live);
  const other = { ...board(), node: "p9" };
  assert.equal(withDesk(other, desk()), other);
});
