import assert from "node:assert/strict";
import { test } from "node:test";
import type { LinkState, Socket } from "../src/line.ts";
import { freshness, Live, STALE_AFTER_MS } from "../src/live.ts";
import type { LiveMessage } from "../src/wire.ts";
import { raw } from "./sample.ts";

/** A world without network or clock: sockets are opened by hand, time moves by `tick`. */
class World {
  readonly opened: { url: string; socket: Socket; closed: boolean }[] = [];
  readonly states: LinkState[] = [];
  readonly messages: LiveMessage[] = [];
  readonly waits: number[] = [];
  #due: (() => void) | null = null;
  readonly live = new Live({
    url: "ws://node/live",
    open: (url) => {
      const entry = { url, closed: false, socket: { onmessage: null, onclose: null, close: () => {} } as Socket };
      entry.socket.close = () => {
        entry.closed = true;
      };
      this.opened.push(entry);
      return entry.socket;
    },
    after: (ms, call) => {
      this.waits.push(ms);
      this.#due = call;
      return () => {
        this.#due = null;
      };
    },
    now: () => 0,
    random: () => 1,
    message: (message) => this.messages.push(message),
    state: (state) => this.states.push(state),
  });

  get last() {
    const entry = this.opened.at(-1);
    if (entry === undefined) throw new Error("nothing was opened");
    return entry;
  }

  send(body: unknown): void {
    this.last.socket.onmessage?.({ data: typeof body === "string" ? body : JSON.stringify(body) });
  }

  cut(code = 1006): void {
    this.last.socket.onclose?.({ code });
  }

  tick(): void {
    const due = this.#due;
    this.#due = null;
    due?.();
  }
}

test("after a break it resumes from the last number that came", () => {
  const world = new World();
  world.live.start();
  assert.equal(world.last.url, "ws://node/live");
  world.send(raw.snapshot);
  world.send(raw.delta);
  assert.equal(world.states.at(-1)?.kind, "live");
  world.cut();
  assert.equal(world.states.at(-1)?.kind, "reconnecting");
  world.tick();
  assert.equal(world.last.url, "ws://node/live?epoch=e1&number=8");
  world.send({ ...raw.delta, number: 9 });
  assert.equal(world.states.at(-1)?.kind, "live");
  assert.equal(world.messages.length, 3);
});

test("after a gap it asks for everything", () => {
  const world = new World();
  world.live.start();
  world.send(raw.snapshot);
  world.live.renew("a part was missed");
  assert.ok(world.last.closed);
  world.tick();
  assert.equal(world.last.url, "ws://node/live");
});

test("what cannot be read is told, and everything is asked for anew", () => {
  const world = new World();
  world.live.start();
  world.send(raw.snapshot);
  world.send("{}");
  const state = world.states.at(-1);
  assert.ok(state?.kind === "reconnecting" && /cannot read/.test(state.reason));
  assert.equal(world.messages.length, 1);
  world.tick();
  assert.equal(world.last.url, "ws://node/live");
});

test("a delta of a rehearsal never reaches a live picture, nor a live one a rehearsal", () => {
  for (const rehearsal of [true, false]) {
    const world = new World();
    world.live.start();
    world.send({ ...raw.snapshot, rehearsal });
    world.send({ ...raw.delta, rehearsal });
    world.send({ ...raw.delta, number: 9, rehearsal: !rehearsal });
    assert.equal(world.messages.length, 2);
    const state = world.states.at(-1);
    assert.ok(state?.kind === "reconnecting" && /rehearsal/.test(state.reason));
    world.tick();
    assert.equal(world.last.url, "ws://node/live", "it asks for everything");
  }
});

test("a resumed link still knows whether it is a rehearsal", () => {
  const world = new World();
  world.live.start();
  world.send(raw.snapshot);
  world.cut();
  world.tick();
  world.send({ ...raw.delta, rehearsal: false });
  assert.equal(world.messages.length, 1);
});

test("waits grow to a limit, and a message makes them short again", () => {
  const world = new World();
  world.live.start();
  for (let i = 0; i < 8; i++) {
    world.cut();
    world.tick();
  }
  assert.deepEqual(world.waits, [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  world.send(raw.snapshot);
  world.cut();
  assert.equal(world.waits.at(-1), 500);
});

test("close code 4401 is not retried", () => {
  const world = new World();
  world.live.start();
  world.cut(4401);
  assert.equal(world.states.at(-1)?.kind, "signed-out");
  assert.deepEqual(world.waits, []);
});

test("a closed link never delivers again", () => {
  const world = new World();
  world.live.start();
  const { socket } = world.last;
  world.live.stop();
  socket.onmessage?.({ data: JSON.stringify(raw.snapshot) });
  assert.equal(world.messages.length, 0);
});

test("an old picture is never called live", () => {
  const live: LinkState = { kind: "live" };
  const cut: LinkState = { kind: "reconnecting", reason: "the link was cut", retryAt: 9000 };
  assert.equal(freshness(live, 1000, 1000 + STALE_AFTER_MS, "12:00:00Z").kind, "live");
  for (const state of [live, cut, { kind: "connecting" } as const, { kind: "signed-out" } as const]) {
    const fresh = freshness(state, 1000, 1001 + STALE_AFTER_MS, "12:00:00Z");
    assert.equal(fresh.kind, "stale");
    assert.match(fresh.banner, /12:00:00Z, 5 s ago/);
  }
  assert.equal(freshness(cut, 1000, 1001, "12:00:00Z").kind, "stale");
  assert.equal(freshness({ kind: "connecting" }, null, 0, "").kind, "waiting");
  assert.equal(freshness(cut, null, 0, "").kind, "stale");
});

test("signing in again after a session ended is live with the first delta", () => {
  const world = new World();
  world.live.start();
  world.send(raw.snapshot);
  world.cut(4401);
  world.live.start();
  assert.equal(world.last.url, "ws://node/live?epoch=e1&number=7");
  world.send(raw.delta);
  assert.equal(world.states.at(-1)?.kind, "live");
});
