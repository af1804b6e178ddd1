/** A crew's device: its key, and the shifts that are begun and ended with it. */
import * as calls from "./deskcalls.ts";
import type { DeskView } from "./deskwire.ts";
import type { View } from "./dom.ts";
import { type Duty, dutyOf, dutySection, ownPost } from "./duty.ts";
import { type DeviceKey, fingerprint, NoKeys, type Owner, type PostKeys } from "./postkeys.ts";
import { Refused } from "./session.ts";

export interface DutyAround {
  /** Throws NoKeys. */
  openKeys(): Promise<PostKeys>;
  /** The newest view; null before one. */
  view(): DeskView | null;
  /** The node's time, Unix seconds. */
  now(): number;
  changed(): void;
}

/** The node does not have this device's key: it began anew, or an officer revoked it. */
const NOT_THERE = "wrong-key";

export class DutySide {
  readonly #around: DutyAround;
  #keys: PostKeys | null = null;
  #unable = "";
  #print: { readonly public: string; readonly text: string } | null = null;
  #busy = false;
  #problem = "";
  #leaving = false;

  constructor(around: DutyAround) {
    this.#around = around;
  }

  async open(): Promise<void> {
    try {
      this.#keys = await this.#around.openKeys();
    } catch (error) {
      if (!(error instanceof NoKeys)) throw error;
      this.#unable = error.message;
    }
    this.#around.changed();
  }

  /** This device's key for whoever is signed in; null for none. */
  get key(): DeviceKey | null {
    const view = this.#around.view();
    return view === null ? null : (this.#keys?.find(ownerOf(view)) ?? null);
  }

  get duty(): Duty {
    const view = this.#around.view();
    return view === null ? { kind: "no-post" } : dutyOf(view, this.key, this.#around.now());
  }

  section(view: DeskView): View {
    const state = {
      duty: this.duty,
      post: ownPost(view),
      fingerprint: this.#fingerprint(),
      busy: this.#busy || (this.#keys === null && this.#unable === ""),
      problem: this.#problem,
      unable: this.#unable,
      leaving: this.#leaving,
    };
    return dutySection(state, {
      makeKey: () => void this.#do(() => this.#makeKey()),
      enrol: () => void this.#do(() => this.#enrol()),
      takeOver: (hours) => void this.#do(() => this.#takeOver(hours)),
      leave: (sure) => (sure ? void this.#do(() => this.#standDown()) : this.#ask(true)),
      stay: () => this.#ask(false),
    });
  }

  async #makeKey(): Promise<void> {
    const view = this.#needed(this.#around.view());
    const owner = { ...ownerOf(view), name: view.person_name, post: view.post };
    await this.#needed(this.#keys).make(owner);
    await this.#enrol();
  }

  async #enrol(): Promise<void> {
    const key = this.#needed(this.key);
    try {
      await calls.enrol(key);
    } catch (error) {
      // The node has it already: an answer that was lost on its way.
      if (!(error instanceof Refused && error.refusal.reason === "duplicate")) throw error;
    }
    await this.#needed(this.#keys).enrolled(key, true);
  }

  async #takeOver(hours: number): Promise<void> {
    const [view, key] = [this.#needed(this.#around.view()), this.#needed(this.key)];
    const post = this.#needed(ownPost(view));
    const start = this.#around.now();
    const shift = {
      post: post.post.id,
      number: post.next_shift,
      person: view.person,
      key: key.public,
      start,
      until: start + hours * 3600,
    };
    await calls.beginShift(shift, key);
  }

  async #standDown(): Promise<void> {
    await calls.standDown(this.#needed(this.#around.view()?.post ?? null));
    this.#leaving = false;
  }

  #ask(leaving: boolean): void {
    this.#leaving = leaving;
    this.#around.changed();
  }

  async #do(act: () => Promise<void>): Promise<void> {
    this.#busy = true;
    this.#problem = "";
    this.#around.changed();
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#problem = error.message;
      await this.refused(error);
    }
    this.#busy = false;
    this.#around.changed();
  }

  /** Takes note where the node says that it does not have this device's key: it may have begun anew. */
  async refused(error: Error): Promise<void> {
    const key = this.key;
    if (key === null || !(error instanceof Refused) || error.refusal.reason !== NOT_THERE) return;
    await this.#keys?.enrolled(key, false);
  }

  #needed<T>(value: T | null): T {
    if (value === null) throw new Error("The node has not said enough yet. Try again.");
    return value;
  }

  #fingerprint(): string {
    const { key } = this;
    if (key === null) return "";
    if (this.#print?.public === key.public) return this.#print.text;
    void fingerprint(key.public).then((text) => {
      this.#print = { public: key.public, text };
      this.#around.changed();
    });
    return "";
  }
}

function ownerOf({ node, person, rehearsal }: DeskView): Owner {
  return { party: node, person, rehearsal };
}
