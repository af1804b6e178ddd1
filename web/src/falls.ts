/** Opens where the selected lost track lies if it fell: once for each loss, since opening is on the record. */
import { type Opened, UNOPENED } from "./contact.ts";
import type { BoardTrack, LastContactDetail } from "./wire.ts";

interface FallsAround {
  fetch(track: string): Promise<LastContactDetail>;
  changed(): void;
}

export class FallsKeeper {
  readonly #around: FallsAround;
  #key = "";
  #opened = UNOPENED;

  constructor(around: FallsAround) {
    this.#around = around;
  }

  get opened(): Opened {
    return this.#opened;
  }

  /** The track that is selected, null for none, and whether this role may open its fall points. */
  watch(track: BoardTrack | null, allowed: boolean): void {
    const lost = track?.status === "lost" ? track : null;
    const key = lost === null ? "" : `${lost.id} ${lost.last_contact.time} ${allowed}`;
    if (key === this.#key) return;
    this.#key = key;
    this.#opened = { ...UNOPENED, allowed };
    if (lost !== null && allowed) void this.#ask(lost.id, key);
  }

  async #ask(track: string, key: string): Promise<void> {
    const opened = await this.#fetched(track);
    if (key !== this.#key) return;
    this.#opened = opened;
    this.#around.changed();
  }

  async #fetched(track: string): Promise<Opened> {
    try {
      return { allowed: true, detail: await this.#around.fetch(track), problem: "" };
    } catch (error) {
      return { allowed: true, detail: null, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}
