/** A crew reads a notice, reads back where the flight enters, and signs. The digest is made here, of what is shown. */
import type { Board } from "./board.ts";
import { flightDigest } from "./canonical.ts";
import * as calls from "./deskcalls.ts";
import type { DeskView, InboxItem, Notice } from "./deskwire.ts";
import type { Children } from "./dom.ts";
import { type Answerer, answererOf, type Duty } from "./duty.ts";
import type { LonLat } from "./geo.ts";
import { inboxRows, markOf, NO_REPLY, noticePanel, overPanel, type Reply, type ReplyActions, waits } from "./inbox.ts";
import type { DeviceKey } from "./postkeys.ts";
import { Refused } from "./session.ts";

/** What of the map is used. */
export interface MarkMap {
  pickPoint(done: (at: LonLat) => void): () => void;
  markPoint(at: LonLat | null): void;
}

export interface InboxAround {
  readonly map: MarkMap | null;
  view(): DeskView | null;
  now(): number;
  key(): DeviceKey | null;
  duty(): Duty;
  /** Shows where duty is taken. */
  goOnDuty(): void;
  /** The node refused something that was signed. */
  refused(error: Error): Promise<void>;
  /** The notice that is open was left. */
  closed(): void;
  changed(): void;
}

export class InboxSide {
  readonly #around: InboxAround;
  #open: string | null = null;
  /** The flight that the open notice is about, also once the notice is over. */
  #ref = "";
  #reply: Reply = NO_REPLY;
  #cancelPick: (() => void) | null = null;
  /** Notices that the node was told of as shown. */
  readonly #shown = new Map<string, Promise<unknown>>();

  constructor(around: InboxAround) {
    this.#around = around;
  }

  /** The open notice; null for none, or where it is over. */
  get opened(): InboxItem | null {
    return this.#around.view()?.inbox.find(({ notice }) => notice.id === this.#open) ?? null;
  }

  open(id: string | null): void {
    if (id === this.#open) return;
    this.#open = id;
    this.#ref = this.opened?.notice.flight ?? "";
    this.#set(NO_REPLY);
    this.follow();
  }

  /** The view is another: what is on the screen was shown. */
  follow(): void {
    const item = this.opened;
    if (item !== null && this.#around.duty().kind === "on-duty") void this.#tellShown(item.notice);
  }

  rows(board: Board, view: DeskView, open: (id: string) => void): Children {
    return inboxRows(board, view.inbox, this.#around.now(), this.#open, open, (item) => this.#by(view, item));
  }

  panel(board: Board, open: (id: string) => void): Children {
    const { map, now, duty, closed, goOnDuty } = this.#around;
    const item = this.opened;
    if (item === null) {
      const newer = this.#around.view()?.inbox.find(({ notice }) => notice.flight === this.#ref);
      return overPanel(this.#ref, newer === undefined ? null : () => open(newer.notice.id), () => closed());
    }
    const actions: ReplyActions = {
      close: () => closed(),
      pick: (on) => this.#pick(on),
      typed: (lon, lat) => this.#typed(lon, lat),
      receive: () => void this.#answer(item, "received", ""),
      refusing: (refusing) => this.#set({ ...this.#reply, refusing }),
      refuse: (reason) => void this.#answer(item, "refused", reason),
      again: () => this.#set({ ...NO_REPLY, again: true }),
      duty: () => goOnDuty(),
    };
    const view = this.#around.view();
    const by = view === null ? "own" : this.#by(view, item);
    return noticePanel(board, item, now(), duty(), map !== null, this.#reply, actions, by);
  }

  #by(view: DeskView, { notice }: InboxItem): Answerer {
    return answererOf(view, this.#around.duty(), notice.shift, this.#around.now());
  }

  #set(reply: Reply): void {
    if (!reply.picking) {
      this.#cancelPick?.();
      this.#cancelPick = null;
    }
    this.#reply = reply;
    this.#around.map?.markPoint(markOf(reply));
    this.#around.changed();
  }

  #pick(on: boolean): void {
    this.#set({ ...this.#reply, picking: false, problem: "" });
    if (!on || this.#around.map === null) return;
    const cancel = this.#around.map.pickPoint(([lon, lat]) => {
      this.#set({ ...this.#reply, lon: String(lon), lat: String(lat), picking: false });
    });
    // Before the map's own Escape and the page's, which would close the notice.
    const stop = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#pick(false);
    };
    addEventListener("keydown", stop, { capture: true });
    this.#cancelPick = () => {
      removeEventListener("keydown", stop, { capture: true });
      cancel();
    };
    this.#set({ ...this.#reply, picking: true });
  }

  #typed(lon: string, lat: string): void {
    this.#set({ ...this.#reply, lon, lat, picking: false, problem: "" });
  }

  #tellShown(notice: Notice): Promise<unknown> {
    if (notice.state !== "put") return Promise.resolve();
    const told = this.#shown.get(notice.id);
    if (told !== undefined) return told;
    const telling = calls.shown(notice.id).catch((error: unknown) => {
      // Shown already: another window of this crew.
      if (error instanceof Refused && error.refusal.reason === "bad-move") return;
      this.#shown.delete(notice.id);
      if (!(error instanceof Error)) throw error;
      this.#set({ ...this.#reply, problem: `The node does not know yet that you have seen it: ${error.message}` });
    });
    this.#shown.set(notice.id, telling);
    return telling;
  }

  async #answer(item: InboxItem, answer: "received" | "refused", reason: string): Promise<void> {
    const mark = markOf(this.#reply);
    if (answer === "received" && mark === null) {
      const half = this.#reply.lon.trim() === "" || this.#reply.lat.trim() === "";
      const problem = half
        ? "Mark first where it enters."
        : "Latitude is −90 to 90, longitude −180 to 180, in degrees.";
      return this.#set({ ...this.#reply, picking: false, problem });
    }
    this.#set({ ...this.#reply, picking: false, busy: true, problem: "" });
    let reply = NO_REPLY;
    try {
      await this.#tellShown(item.notice);
      const taken = await this.#sign(item, answer, mark, reason);
      // The view that follows says what came of it; a misread one keeps its mark to compare.
      if (taken === "misread") reply = { ...this.#reply, busy: false };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const done = error instanceof Refused && error.refusal.reason === "already-answered";
      if (!done) reply = { ...this.#reply, busy: false, problem: error.message };
      await this.#around.refused(error);
    }
    if (this.#open === item.notice.id) this.#set(reply);
  }

  async #sign(item: InboxItem, answer: "received" | "refused", mark: LonLat | null, reason: string): Promise<string> {
    const { notice, flight } = item;
    const [view, key] = [this.#around.view(), this.#around.key()];
    if (view === null || key === null) throw new Error("This device has no key to sign with.");
    const digest = await flightDigest(flight);
    // Law 2: what is signed is what stood on this screen, not what the node says of it.
    if (digest !== notice.digest) {
      throw new Error("What is shown here is not what the notice is about. Do not sign; load the page again.");
    }
    const receipt: calls.Receipt = {
      notice: notice.id,
      flight: flight.id,
      version: notice.version,
      digest,
      post: notice.post,
      shift: notice.shift,
      key: key.public,
      answer,
      read_back: answer === "received" && mark !== null ? { lon: mark[0], lat: mark[1] } : null,
      reason,
      time: this.#around.now(),
      rehearsal: view.rehearsal,
    };
    return (await calls.giveReceipt(receipt, key)).state;
  }
}

/** How many notices wait for the crew. */
export const waiting = (view: DeskView): number => view.inbox.filter(waits).length;
