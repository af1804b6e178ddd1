/** The desk on the page: its link, its view, and the sides that show it. The board is the app's; this is the rest. */
import { advisoryRows } from "./advisories.ts";
import type { Board } from "./board.ts";
import { WireError } from "./check.ts";
import { DeclareSide } from "./declare.ts";
import * as calls from "./deskcalls.ts";
import { type Advisory, type DeskView, type InboxItem, parseDesk } from "./deskwire.ts";
import { type Children, h, patch } from "./dom.ts";
import { DutySide } from "./dutyside.ts";
import { FlightSide } from "./flightside.ts";
import type { LonLat } from "./geo.ts";
import { InboxSide, waiting } from "./inboxside.ts";
import { zoneFeatures, zonesKey } from "./layers.ts";
import { Line, type LinkState, realSurroundings, socketUrl } from "./line.ts";
import type { Tab } from "./list.ts";
import { type Freshness, freshness } from "./live.ts";
import type { AirMap } from "./map.ts";
import { type News, newsBanners, newsIn, spoken, still } from "./news.ts";
import { OfficeSide } from "./officeside.ts";
import { PostKeys } from "./postkeys.ts";
import { clockZ } from "./words.ts";
import { ZoneSide } from "./zones.ts";

/** The node sends the desk at least every five seconds. */
const DESK_STALE_MS = 12_000;
/** An advisory lies over the map so long; it stays in its list. A notice stays until it is answered or put away. */
const BANNER_MS = 30_000;

/** What the desk asks of the app. */
export interface DeskAround {
  readonly map: AirMap | null;
  element(id: string): HTMLElement;
  board(): Board | null;
  select(kind: "track" | "flight" | "notice", id: string): void;
  /** Leaves the selection. */
  leave(): void;
  open(tab: Tab): void;
  linked(state: LinkState): void;
  /** A form over the panel was opened or closed. */
  formed(): void;
  changed(): void;
}

export class DeskSide {
  readonly #around: DeskAround;
  readonly #line: Line<DeskView>;
  readonly #duty: DutySide;
  readonly #inbox: InboxSide;
  readonly #flights: FlightSide;
  readonly #office: OfficeSide;
  readonly #declare: DeclareSide;
  readonly #zones: ZoneSide;
  #view: DeskView | null = null;
  #link: LinkState = { kind: "connecting" };
  #heard: number | null = null;
  #news: readonly News[] = [];
  /** Ids of the advisories that were in the open list. */
  #read = new Set<string>();
  #tab: Tab = "tracks";
  #form: "declare" | "zones" | null = null;
  #zonesShown = "";

  constructor(around: DeskAround) {
    this.#around = around;
    const { map, changed } = around;
    this.#duty = new DutySide({
      openKeys: () => PostKeys.open(),
      view: () => this.#view,
      now: () => this.now(),
      changed,
    });
    this.#inbox = new InboxSide({
      map,
      view: () => this.#view,
      now: () => this.now(),
      key: () => this.#duty.key,
      duty: () => this.#duty.duty,
      goOnDuty: () => around.open("inbox"),
      refused: (error) => this.#duty.refused(error),
      closed: () => around.leave(),
      changed,
    });
    this.#flights = new FlightSide({
      show: (at) => {
        map?.markPoint(at);
        map?.reveal(at);
      },
      flight: (ref) => around.select("flight", ref),
      amend: (ref) => this.declare(ref),
      keeps: (ref) => this.#declare.keeps(ref),
      changed,
    });
    this.#office = new OfficeSide(map, changed);
    const shared = {
      map,
      api: calls,
      view: () => this.#view,
      now: () => this.now(),
      changed,
      close: () => this.#open(null),
      parties: () => around.board()?.parties ?? new Map(),
      flight: (ref: string) => around.select("flight", ref),
    };
    this.#declare = new DeclareSide({ ...shared, root: around.element("declare") });
    this.#zones = new ZoneSide({ ...shared, root: around.element("zones") });
    this.#line = new Line(
      realSurroundings((state) => this.#linked(state)),
      {
        url: () => socketUrl("./desk"),
        read: (data) => this.#follow(parseDesk(data)),
        message: (view) => this.#receive(view),
      },
    );
  }

  get view(): DeskView | null {
    return this.#view;
  }

  get form(): "declare" | "zones" | null {
    return this.#form;
  }

  /** The node's newest time that was heard, Unix seconds: of the picture or of the desk. */
  now(): number {
    return Math.max(this.#view?.time ?? 0, this.#around.board()?.time ?? 0);
  }

  /** Somebody has signed in: nothing of whoever was here before stays. */
  start(): void {
    this.#view = null;
    this.#heard = null;
    this.#news = [];
    this.#read = new Set();
    void this.#duty.open();
    this.#line.start();
  }

  stop(): void {
    this.#line.stop();
  }

  #linked(state: LinkState): void {
    this.#link = state;
    this.#around.linked(state);
  }

  /** Law 9: a desk does not turn from a rehearsal's into a live one, nor into the other of the picture. */
  #follow(view: DeskView): DeskView {
    const before = this.#view ?? this.#around.board();
    if (before !== null && before.rehearsal !== view.rehearsal) {
      throw new WireError({ path: "rehearsal", what: `is ${view.rehearsal}, and what is shown here says otherwise` });
    }
    return view;
  }

  #receive(view: DeskView): void {
    const before = this.#view;
    this.#view = view;
    this.#heard = performance.now();
    const news = newsIn(before, view);
    this.#news = still([...news, ...this.#news], view);
    for (const one of news) if (one.kind === "advisory") setTimeout(() => this.#away([one]), BANNER_MS);
    if (before === null) for (const { id } of view.advisories) this.#read.add(id);
    if (news.length > 0) this.#around.element("spoken").textContent = spoken(news, this.now());
    this.#inbox.follow();
    this.#followTab();
    this.#showZones(view);
    this.#around.changed();
  }

  #showZones({ zones }: DeskView): void {
    const key = zonesKey(zones, this.now());
    if (key === this.#zonesShown) return;
    this.#zonesShown = key;
    this.#around.map?.set("zones", zoneFeatures(zones, this.now()));
  }

  // What is shown

  freshness(): Freshness {
    const clock = this.#view === null ? "" : clockZ(this.#view.time);
    return freshness(this.#link, this.#heard, performance.now(), clock, DESK_STALE_MS, "These lists are");
  }

  /** How many things in a tab wait to be seen; null where nothing is counted. */
  count(tab: Tab): number | null {
    const view = this.#view;
    if (view === null) return null;
    switch (tab) {
      case "inbox":
        return waiting(view);
      case "advisories":
        return view.advisories.filter(({ id }) => !this.#read.has(id)).length;
      case "flights":
        return view.flights.length;
      case "posts":
        return view.posts.length;
      case "people":
        return view.people.length;
      case "peers":
        return view.peers.length;
      default:
        return null;
    }
  }

  /** What is in a tab of the desk; null for tabs that are not the desk's. */
  rows(tab: Tab, board: Board, selected: string | null): Children | null {
    const view = this.#view;
    if (view === null) return null;
    switch (tab) {
      case "inbox":
        return [this.#duty.section(view), ...this.#inbox.rows(board, view, (id) => this.#around.select("notice", id))];
      case "advisories":
        return advisoryRows(board, view.advisories, this.now(), selected, (one) => this.#chooseAdvisory(one));
      case "posts":
      case "people":
      case "peers":
        return this.#office.rows(tab, board, view);
      default:
        return null;
    }
  }

  /** The panel of the notice that is open. */
  noticePanel(board: Board): Children {
    return this.#inbox.panel(board, (id) => this.#around.select("notice", id));
  }

  /** What the desk adds to a flight's panel. */
  flightSections(board: Board, ref: string): Children {
    return this.#view === null ? [] : this.#flights.sections(board, this.#view, ref);
  }

  /** Banners over the map, the count in the title, and the open form. */
  render(page: Document): void {
    const open = (one: News): void => {
      this.#away([one]);
      if (one.kind === "notice") this.#around.select("notice", one.id);
      else this.#chooseAdvisory(one.advisory);
    };
    patch(
      this.#around.element("news"),
      newsBanners(this.#news, this.now(), open, (some) => this.#away(some)),
    );
    const stale = this.freshness();
    const banner = stale.banner === "" ? [] : [h("p", { class: "stale-lists", role: "alert" }, stale.banner)];
    patch(this.#around.element("desk-stale"), banner);
    const count = (this.count("inbox") ?? 0) + (this.count("advisories") ?? 0);
    const title = count > 0 ? `(${count}) Safeconduct` : "Safeconduct";
    if (page.title !== title) page.title = title;
    for (const form of ["declare", "zones"] as const) this.#around.element(form).hidden = this.#form !== form;
    if (this.#form === "declare") this.#declare.render(this.#view);
    if (this.#form === "zones") this.#zones.render(this.#view);
  }

  #away(some: readonly News[]): void {
    this.#news = this.#news.filter((one) => !some.includes(one));
    this.#around.changed();
  }

  // What the person does

  /** Another tab is open. */
  opened(tab: Tab): void {
    if (tab !== this.#tab) this.#office.leave();
    this.#tab = tab;
    this.#followTab();
  }

  /** Something else is selected. */
  selected(kind: string | null, id: string | null): void {
    if (kind === "notice") this.#news = this.#news.filter((one) => one.id !== id);
    this.#inbox.open(kind === "notice" ? id : null);
    if (this.#view !== null) this.#flights.follow(this.#view, kind === "flight" ? id : null);
  }

  /** The flight that a notice is about; null where it is over. */
  get noticed(): InboxItem | null {
    return this.#inbox.opened;
  }

  /** Outline of the sector of this crew's post. */
  get ownSector(): readonly LonLat[] | undefined {
    return this.#view?.posts.find(({ post }) => post.id === this.#view?.post)?.post.sector.outline;
  }

  declare(ref?: string): void {
    this.#open("declare");
    this.#declare.open(ref);
  }

  zone(id?: string): void {
    this.#open("zones");
    this.#zones.open(id);
  }

  /** Something else is to be seen: the form makes room, and keeps what is typed, unless the node is just asked. */
  putAway(): void {
    if (this.#form === null || this.#declare.busy || this.#zones.busy) return;
    this.#open(null);
  }

  /** Whether a form that is not open keeps a draft. */
  keeps(form: "declare" | "zones"): boolean {
    if (this.#form === form) return false;
    return form === "declare" ? this.#declare.keeps(null) : this.#zones.keeps;
  }

  #open(form: "declare" | "zones" | null): void {
    if (form !== "declare") this.#declare.hide();
    if (form !== "zones") this.#zones.hide();
    this.#form = form;
    this.#around.formed();
  }

  #followTab(): void {
    const view = this.#view;
    if (view === null) return;
    if (this.#tab === "advisories") for (const { id } of view.advisories) this.#read.add(id);
    if (this.#tab === "posts" || this.#tab === "people" || this.#tab === "peers") this.#office.follow(this.#tab, view);
  }

  #chooseAdvisory({ track, flight, id }: Advisory): void {
    this.#read.add(id);
    const seen = track !== null && this.#around.board()?.tracks.has(track);
    this.#around.select(seen ? "track" : "flight", seen ? track : flight);
  }
}
