/** A socket to the node that is opened again after a break. It reads nothing itself and decides nothing. */
import { WireError } from "./check.ts";

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
  open(url: string): Socket;
  /** Calls back after so many milliseconds; returns what cancels that. */
  after(ms: number, call: () => void): () => void;
  /** Milliseconds, any origin. */
  now(): number;
  /** Uniform in 0..1. */
  random(): number;
  state(state: LinkState): void;
}

export interface Talk<T> {
  /** The address to open, asked for at each attempt. */
  url(): string;
  /** Throws WireError for what cannot be read: the line is then opened anew. */
  read(data: string): T;
  message(message: T): void;
  /** The line is about to be opened anew because of what came, so nothing may be built on that. */
  spoilt?(): void;
}

const NOT_SIGNED_IN = 4401;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class Line<T> {
  readonly #around: Surroundings;
  readonly #talk: Talk<T>;
  #socket: Socket | null = null;
  #cancel: (() => void) | null = null;
  #attempt = 0;
  /** Whether this socket has brought anything yet. */
  #heard = false;

  constructor(around: Surroundings, talk: Talk<T>) {
    this.#around = around;
    this.#talk = talk;
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

  renew(reason: string): void {
    this.#talk.spoilt?.();
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
    const socket = this.#around.open(this.#talk.url());
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#closed(code);
    this.#socket = socket;
    this.#heard = false;
  }

  #receive(data: unknown): void {
    let message: T;
    try {
      message = this.#talk.read(String(data));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.renew(`the node sent what this console cannot read (${error.message})`);
      return;
    }
    if (!this.#heard) this.#around.state({ kind: "live" });
    this.#heard = true;
    this.#attempt = 0;
    this.#talk.message(message);
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

/** The page's own: a real WebSocket, the page's clock and timers. */
export function realSurroundings(state: (state: LinkState) => void): Surroundings {
  return {
    open: webSocket,
    after: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    now: () => performance.now(),
    random: Math.random,
    state,
  };
}

/** The address of a socket of this node. */
export const socketUrl = (path: string): string => new URL(path, location.href).href.replace(/^http/, "ws");

function webSocket(url: string): Socket {
  const real = new WebSocket(url);
  const socket: Socket = { onmessage: null, onclose: null, close: () => real.close() };
  real.onmessage = (event) => socket.onmessage?.(event);
  real.onclose = (event) => socket.onclose?.(event);
  return socket;
}
