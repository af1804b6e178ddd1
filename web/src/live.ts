/** The live link: snapshot, then numbered deltas, resumed after a break. It never decides what the board is. */
import { WireError } from "./check.ts";
import { Line, type LinkState, type Surroundings } from "./line.ts";
import { type BoardSnapshot, type LiveMessage, parseLive } from "./wire.ts";

export interface LiveAround extends Surroundings {
  /** Address of `/live` without query. */
  readonly url: string;
  message(message: LiveMessage): void;
}

export class Live {
  readonly #line: Line<LiveMessage>;
  /** Where the picture stands, and whether it is a rehearsal; null before a snapshot. */
  #last: Pick<BoardSnapshot, "epoch" | "number" | "rehearsal"> | null = null;

  constructor(around: LiveAround) {
    this.#line = new Line(around, {
      url: () => around.url + (this.#resume() ?? ""),
      read: (data) => this.#follow(parseLive(data)),
      message: (message) => around.message(message),
      spoilt: () => {
        this.#last = null;
      },
    });
  }

  start(): void {
    this.#line.start();
  }

  stop(): void {
    this.#line.stop();
  }

  /** A gap, or a message that cannot be read: ask for a whole snapshot instead of a resume. */
  renew(reason: string): void {
    this.#line.renew(reason);
  }

  #resume(): string | null {
    return this.#last && `?epoch=${encodeURIComponent(this.#last.epoch)}&number=${this.#last.number}`;
  }

  /** Law 9: a live picture takes nothing of a rehearsal, nor a rehearsal anything live. Throws WireError. */
  #follow(message: LiveMessage): LiveMessage {
    if (message.kind === "snapshot") {
      const { epoch, number, rehearsal } = message.snapshot;
      this.#last = { epoch, number, rehearsal };
    } else if (this.#last !== null) {
      const { number, rehearsal } = message.delta;
      if (rehearsal !== this.#last.rehearsal) {
        throw new WireError({ path: "rehearsal", what: `is ${rehearsal}, and the picture it changes says otherwise` });
      }
      this.#last = { ...this.#last, number };
    }
    return message;
  }
}

/** Milliseconds without a word from the node after which its picture counts as old. The node speaks every second. */
export const STALE_AFTER_MS = 5_000;

export interface Freshness {
  readonly kind: "waiting" | "live" | "stale";
  /** For the top band: short. */
  readonly text: string;
  /** For the banner over the map: how old the picture is and why; empty while it is live. */
  readonly banner: string;
}

/**
 * Whether what is shown may be taken for the present. `heard` is when the node was last heard of, null before that;
 * `shownClock` is the time of what is shown as text; `most` is how long the node may be quiet, milliseconds.
 */
export function freshness(
  link: LinkState,
  heard: number | null,
  now: number,
  shownClock: string,
  most = STALE_AFTER_MS,
  what = "This picture is",
): Freshness {
  if (heard === null) {
    return link.kind === "reconnecting"
      ? { kind: "stale", text: "No link", banner: `Nothing yet: ${link.reason}.` }
      : { kind: "waiting", text: "Connecting", banner: "" };
  }
  const quiet = now - heard;
  const old = `${what} old: ${shownClock}, ${Math.round(quiet / 1000)} s ago`;
  if (link.kind === "reconnecting") {
    const wait = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
    return { kind: "stale", text: "Reconnecting", banner: `${old}. Reconnecting in ${wait} s: ${link.reason}.` };
  }
  if (link.kind === "signed-out") return { kind: "stale", text: "Signed out", banner: `${old}. You are signed out.` };
  if (link.kind === "connecting") return { kind: "stale", text: "Connecting", banner: `${old}. Connecting.` };
  if (quiet <= most) return { kind: "live", text: "Live", banner: "" };
  return { kind: "stale", text: "Stale", banner: `${old}. The link is open, but the node says nothing.` };
}
