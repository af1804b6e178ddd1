/** Keeps the reasons for the selected track fresh: asked anew when it changes, at most once a second, one at a time. */
import type { Reasons } from "./panel.ts";
import type { TrackDetail } from "./wire.ts";

export const PAUSE_MS = 1_000;

export interface ReasonsAround {
  fetch(track: string): Promise<TrackDetail>;
  after(ms: number, call: () => void): void;
  changed(): void;
}

const NO_REASONS = "the node has none for this track";
const NONE: Reasons = { identification: null, problem: "" };

export class ReasonsKeeper {
  readonly #around: ReasonsAround;
  #track: string | null = null;
  #reasons = NONE;
  #resting = false;
  #again = false;

  constructor(around: ReasonsAround) {
    this.#around = around;
  }

  get reasons(): Reasons {
    return this.#reasons;
  }

  /** Which track to keep reasons for; null for none. */
  watch(track: string | null): void {
    if (track === this.#track) return;
    this.#track = track;
    this.#reasons = NONE;
    this.#resting = this.#again = false;
    if (track !== null) void this.#ask(track);
  }

  /** The watched track changed. */
  touch(): void {
    if (this.#track === null) return;
    if (this.#resting) this.#again = true;
    else void this.#ask(this.#track);
  }

  async #ask(track: string): Promise<void> {
    this.#resting = true;
    this.#again = false;
    const rested = new Promise<void>((resolve) => this.#around.after(PAUSE_MS, resolve));
    const reasons = await this.#fetched(track);
    if (track !== this.#track) return;
    this.#reasons = reasons;
    this.#around.changed();
    await rested;
    if (track !== this.#track) return;
    this.#resting = false;
    if (this.#again) void this.#ask(track);
  }

  /** What came, or the last reasons with why no newer ones did. */
  async #fetched(track: string): Promise<Reasons> {
    try {
      const { identification } = await this.#around.fetch(track);
      return identification === null ? { ...this.#reasons, problem: NO_REASONS } : { identification, problem: "" };
    } catch (error) {
      return { ...this.#reasons, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}
