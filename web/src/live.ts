/** The live link: snapshot, then numbered deltas, resumed after a break. It never decides what the board is. */
import { WireError } from "./check.ts";
import { type BoardSnapshot, type LiveMessage, parseLive } from "./wire.ts";

/** What of a WebSocket is used; tests bring their own. */
export interface Socket {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  close(): void;
}

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "reconnecting"; readonly reason: string; readonly retryAt: number }
  | { readonly kind: "signed-out" };

export interface Surroundings {
  /** Address of `/live` without query. */
  readonly url: string;
  open(url: string): Socket;
  /** Calls back after so many milliseconds; returns what cancels that. */
  after(ms: number, call: () => void): () => void;
  /** Milliseconds, any origin. */
  now(): number;
  /** Uniform in 0..1. */
  random(): number;
  message(message: LiveMessage): void;
  state(state: LinkState): void;
}

const NOT_SIGNED_IN = 4401;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class Live {
  readonly #around: Surroundings;
  #socket: Socket | null = null;
  #cancel: (() => void) | null = null;
  #attempt = 0;
  /** Whether this socket has brought anything yet. */
  #heard = false;
  /** Where the picture stands, and whether it is a rehearsal; null before a snapshot. */
  #last: Pick<BoardSnapshot, "epoch" | "number" | "rehearsal"> | null = null;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  start(): void {
    this.stop();
    this.#around.state({ kind: "connecting" });
    this.#open();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#drop();
  }

  /** A gap or a message that cannot be read: ask for a whole snapshot instead of a resume. */
  renew(reason: string): void {
    this.#last = null;
    this.#drop();
    this.#retry(reason);
  }

  #drop(): void {
    if (this.#socket === null) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #open(): void {
    const { url, open } = this.#around;
    const query = this.#last && `?epoch=${encodeURIComponent(this.#last.epoch)}&number=${this.#last.number}`;
    const socket = open(url + (query ?? ""));
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#closed(code);
    this.#socket = socket;
    this.#heard = false;
  }

  #receive(data: unknown): void {
    let message: LiveMessage;
    try {
      message = parseLive(String(data));
      this.#follow(message);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.renew(`the node sent what this console cannot read (${error.message})`);
      return;
    }
    if (!this.#heard) this.#around.state({ kind: "live" });
    this.#heard = true;
    this.#attempt = 0;
    this.#around.message(message);
  }

  /** Law 9: a live picture takes nothing of a rehearsal, nor a rehearsal anything live. Throws WireError. */
  #follow(message: LiveMessage): void {
    if (message.kind === "snapshot") {
      const { epoch, number, rehearsal } = message.snapshot;
      this.#last = { epoch, number, rehearsal };
      return;
    }
    if (this.#last === null) return;
    const { number, rehearsal } = message.delta;
    if (rehearsal !== this.#last.rehearsal) {
      throw new WireError({ path: "rehearsal", what: `is ${rehearsal}, and the picture it changes says otherwise` });
    }
    this.#last = { ...this.#last, number };
  }

  #closed(code: number): void {
    this.#socket = null;
    if (code === NOT_SIGNED_IN) this.#around.state({ kind: "signed-out" });
    else this.#retry("the link to the node was cut");
  }

  #retry(reason: string): void {
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt) * (0.5 + this.#around.random() / 2);
    this.#attempt += 1;
    this.#around.state({ kind: "reconnecting", reason, retryAt: this.#around.now() + wait });
    this.#cancel?.();
    this.#cancel = this.#around.after(wait, () => this.#open());
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
 * Whether the picture may be taken for the present. `heard` is when the node was last heard of, null before that;
 * `boardClock` is the board's time as text.
 */
export function freshness(link: LinkState, heard: number | null, now: number, boardClock: string): Freshness {
  if (heard === null) {
    return link.kind === "reconnecting"
      ? { kind: "stale", text: "No link", banner: `No picture yet: ${link.reason}.` }
      : { kind: "waiting", text: "Connecting", banner: "" };
  }
  const quiet = now - heard;
  const old = `This picture is old: ${boardClock}, ${Math.round(quiet / 1000)} s ago`;
  if (link.kind === "reconnecting") {
    const wait = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
    return { kind: "stale", text: "Reconnecting", banner: `${old}. Reconnecting in ${wait} s: ${link.reason}.` };
  }
  if (link.kind === "signed-out") return { kind: "stale", text: "Signed out", banner: `${old}. You are signed out.` };
  if (link.kind === "connecting") return { kind: "stale", text: "Connecting", banner: `${old}. Connecting.` };
  if (quiet <= STALE_AFTER_MS) return { kind: "live", text: "Live", banner: "" };
  return { kind: "stale", text: "Stale", banner: `${old}. The link is open, but the node says nothing.` };
}
