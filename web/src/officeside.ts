/** What an officer does on the node, and what the node answers. */
import type { Board } from "./board.ts";
import { WireError } from "./check.ts";
import * as calls from "./deskcalls.ts";
import { type DeskPost, type DeskView, parseCard } from "./deskwire.ts";
import type { Children } from "./dom.ts";
import { type Bounds, bounds } from "./geo.ts";
import { type OfficeActions, type OfficeState, postRows } from "./office.ts";
import { compared, FormError, outlineText, personOf, postOf } from "./officeform.ts";
import { peerRows } from "./officepeers.ts";
import { peopleRows } from "./officepeople.ts";
import { fingerprint } from "./postkeys.ts";
import { type Canvas, Sketch } from "./sketch.ts";
import { cornersSoFar } from "./typed.ts";

/** What of the map is used. */
export interface OfficeMap extends Canvas {
  fit(box: Bounds): void;
}

export type OfficeTab = "posts" | "people" | "peers";

const NOTHING: OfficeState = {
  busy: false,
  problem: "",
  problemAt: "",
  done: "",
  sent: 0,
  editing: null,
  outline: null,
  drawing: false,
  people: null,
  prints: new Map(),
  link: null,
  card: null,
  asking: null,
};

export class OfficeSide {
  readonly #map: OfficeMap | null;
  readonly #changed: () => void;
  #state = NOTHING;
  readonly #sketch: Sketch;
  /** The number of the view for which the people were asked. */
  #peopleOf = -1;

  constructor(map: OfficeMap | null, changed: () => void) {
    this.#map = map;
    this.#sketch = new Sketch(map, () => this.#drawn());
    this.#changed = changed;
  }

  rows(tab: OfficeTab, board: Board, view: DeskView): Children {
    if (tab === "posts") return postRows(view, this.#state, this.#actions);
    if (tab === "peers") return peerRows(board, view, this.#state, this.#actions);
    return peopleRows(view, this.#state, this.#actions);
  }

  /** A tab was opened, or the view is another: asks for what the view does not have. */
  follow(tab: OfficeTab, view: DeskView): void {
    if (tab === "people" && this.#peopleOf !== view.number) {
      this.#peopleOf = view.number;
      void this.#ask(async () => {
        const people = await calls.people();
        const keys = people.flatMap((one) => one.keys.map((key) => key.public));
        const prints = await Promise.all(keys.map(async (key) => [key, await fingerprint(key)] as const));
        this.#set({ people, prints: new Map([...this.#state.prints, ...prints]) });
      });
    }
    if (tab === "peers" && this.#state.card === null) {
      void this.#ask(async () => {
        const card = await calls.ownCard();
        const print = [card.card.public, await fingerprint(card.card.public)] as const;
        this.#set({ card, prints: new Map([...this.#state.prints, print]) });
      });
    }
  }

  /** Another tab: what was said of the last one, and a link that should not lie about, go. */
  leave(): void {
    this.#edit(null);
    this.#set({ problem: "", problemAt: "", done: "", link: null, asking: null });
  }

  readonly #actions: OfficeActions = {
    showPost: (post) => this.#show(post),
    editPost: (editing) => {
      this.#edit(editing);
      this.#set({ problem: "", problemAt: "", done: "" });
    },
    drawPost: (outline) => this.#draw(outline),
    typeOutline: (outline) => {
      this.#sketch.stop();
      this.#set({ outline, drawing: false });
      this.#drawn();
    },
    setPost: (data) =>
      void this.#do("Saved.", async () => {
        const { id, setting } = postOf(data);
        await calls.setPost(id, setting);
        this.#edit(null);
      }),
    standDown: (post) => void this.#do("The shift has ended.", () => calls.standDown(post)),
    setPerson: (data) =>
      void this.#do("Saved.", async () => {
        const { id, setting } = personOf(data);
        await calls.setPerson(id, setting);
      }),
    makeLink: (person) =>
      void this.#do("", async () => this.#set({ link: { person, link: await calls.makeLink(person) } })),
    forgetLink: () => this.#set({ link: null }),
    revokeKey: (person, key) =>
      void this.#do("The key is revoked.", async () => calls.revokeKey(person, await fingerprint(key))),
    addPeer: (card) => void this.#do("Taken. Now compare the fingerprint.", () => calls.addPeer(cardText(card))),
    confirmPeer: (peer, typed) =>
      void this.#do("Confirmed.", async () => calls.confirmPeer(peer.party, compared(typed, peer))),
    revokePeer: (party, reason) => void this.#do("Revoked.", () => calls.revokePeer(party, reason)),
    ask: (asking) => this.#set({ asking, problem: "", problemAt: "", done: "" }),
    copy: (text) => void this.#do("Copied.", () => copied(text)),
  };

  #show({ post }: DeskPost): void {
    const box = bounds(post.sector.outline);
    if (box !== null) this.#map?.fit(box);
  }

  #draw(text: string): void {
    if (!this.#sketch.can) this.#set({ problem: "There is no map here: type the corners." });
    this.#sketch.toggle("post", "outline", cornersSoFar(text), (outline) =>
      this.#set({ outline: outlineText(outline) }),
    );
    this.#drawn();
  }

  /** Shows on the map what is being drawn, or was for the open form. */
  #drawn(): void {
    const { outline } = this.#state;
    const drawing = this.#sketch.of !== null;
    this.#sketch.show(drawing || outline === null ? [] : [cornersSoFar(outline)], []);
    if (drawing !== this.#state.drawing) this.#set({ drawing });
  }

  #edit(editing: string | null): void {
    this.#sketch.stop();
    this.#set({ editing, outline: null, drawing: false });
    this.#sketch.show([], []);
  }

  #set(change: Partial<OfficeState>): void {
    this.#state = { ...this.#state, ...change };
    this.#changed();
  }

  /** Something that was sent; `done` is what is said when the node has taken it. */
  async #do(done: string, act: () => Promise<void>): Promise<void> {
    this.#set({ busy: true, problem: "", problemAt: "", done: "" });
    await this.#ask(async () => {
      await act();
      this.#peopleOf = -1;
      this.#set({ done, asking: null, sent: this.#state.sent + 1 });
    });
    this.#set({ busy: false });
  }

  async #ask(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#set({ problem: error.message, problemAt: error instanceof FormError ? error.field : "" });
    }
  }
}

/** Throws FormError where the browser keeps the clipboard from pages. */
async function copied(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new FormError("This browser does not let the page copy. Select the text, and copy it yourself.");
  }
}

/** Throws FormError for text that is no card, before it goes to the node. */
function cardText(text: string): string {
  try {
    parseCard(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new FormError(`That is not a card (${error.message}). Copy all of it, from { to }.`);
  }
  return text;
}
