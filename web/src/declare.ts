/** Declaring and changing flights: keeps the draft, asks the node, and shows what it says where it belongs. */
import "./declare.css";
import * as forms from "./declareform.ts";
import { type DeclareActions, declarePanel, type Phase, type Shown, type Way } from "./declareview.ts";
import type * as calls from "./deskcalls.ts";
import type { DeskFlight, DeskView } from "./deskwire.ts";
import { patch } from "./dom.ts";
import { elsewhere, farWords } from "./far.ts";
import { type FileSummary, summary } from "./flightsfile.ts";
import type { Form } from "./formview.ts";
import type { LonLat } from "./geo.ts";
import { remembered } from "./keep.ts";
import { corridor } from "./outline.ts";
import { Refused } from "./session.ts";
import { type Canvas, Sketch } from "./sketch.ts";
import { changed, cornersSoFar, placeText, textAt, timeText, typedCorners, typedPlace, typedTime } from "./typed.ts";
import { anotherVolume } from "./volumeform.ts";
import type { Flight } from "./wire.ts";

type Calls = typeof calls;

/** What of the map the sides need. */
export interface SideMap extends Canvas {
  reveal(at: LonLat): void;
  markPoint(at: LonLat | null): void;
}

/** What a side over the console needs from it. */
export interface SideDeps<Api> {
  readonly root: HTMLElement;
  readonly map: SideMap | null;
  readonly api: Api;
  view(): DeskView | null;
  /** The node's time, Unix seconds. */
  now(): number;
  /** Something was written; the desk will say so too. */
  changed(): void;
  close(): void;
  /** Parties by id, for their names. */
  parties?(): ReadonlyMap<string, { readonly id: string; readonly name: string }>;
  /** Opens a flight's panel. */
  flight?(ref: string): void;
}

export type DeclareApi = Pick<Calls, "checkFlight" | "declareFlight" | "declareFile" | "changeFlight">;

/** What is kept over a reload: the draft, and what a change began from. */
interface Kept {
  readonly draft: forms.Draft;
  readonly base: Flight | null;
}

const NONE: ReadonlyMap<string, string> = new Map();

export class DeclareSide {
  readonly #deps: SideDeps<DeclareApi>;
  readonly #sketch: Sketch;
  #open = false;
  #kept: Kept;
  #way: Way = "form";
  #phase: Phase = { kind: "edit" };
  /** Once a check was tried, what is wrong is shown as it is typed. */
  #tried = false;
  #refused: ReadonlyMap<string, string> = NONE;
  #restored = false;
  #file: { readonly name: string; readonly text: string; readonly summary: FileSummary } | null = null;

  constructor(deps: SideDeps<DeclareApi>) {
    this.#deps = deps;
    this.#sketch = new Sketch(deps.map, () => this.#render());
    this.#kept = { draft: forms.blank(null, 0), base: null };
  }

  /** Opens the form for a new flight, or for a change of the flight `ref`; what was typed here before is there again. */
  open(ref?: string): void {
    this.#open = true;
    this.#way = "form";
    this.#begin(ref ?? null);
  }

  /** The node is asked, and its answer is to be seen. */
  get busy(): boolean {
    return this.#phase.kind === "busy";
  }

  /** Whether something is typed here, for a new flight or for a change of the flight `ref`, that was not sent. */
  keeps(ref: string | null): boolean {
    return this.#store(ref).read() !== null;
  }

  render(_view: DeskView | null): void {
    if (this.#open) this.#render();
  }

  #begin(ref: string | null, fresh = false): void {
    const found = ref === null ? null : this.#known(ref);
    const made = (): Kept =>
      found === null
        ? { draft: forms.blank(this.#deps.view(), this.#deps.now()), base: null }
        : { draft: forms.draftOf(found.ref, found.flight), base: found.flight };
    const kept = fresh ? null : this.#store(ref).read();
    this.#restored = kept !== null;
    this.#kept = kept ?? made();
    if (fresh) this.#store(ref).drop();
    this.#sketch.stop();
    this.#phase = { kind: "edit" };
    this.#tried = false;
    this.#refused = NONE;
    this.#render();
  }

  #store(ref: string | null) {
    const view = this.#deps.view();
    return remembered<Kept>(`draft:${view?.node ?? ""}:${view?.person ?? ""}:${ref ?? ""}`);
  }

  #known(ref: string): DeskFlight | null {
    return this.#deps.view()?.flights.find((one) => one.ref === ref) ?? null;
  }

  /** Leaves the map and the page to others; what is typed is kept. */
  hide(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#sketch.stop();
    this.#sketch.show([], []);
    this.#deps.map?.markPoint(null);
  }

  #close(): void {
    this.hide();
    this.#deps.close();
  }

  // What is typed

  #put(draft: forms.Draft, field = ""): void {
    this.#kept = { ...this.#kept, draft };
    this.#store(draft.ref).write(this.#kept);
    if (this.#refused.size > 0)
      this.#refused = new Map([...this.#refused].filter(([path]) => path !== field && path !== ""));
    this.#render();
  }

  #change(path: string, value: unknown): void {
    this.#put(changed(this.#kept.draft, path, value), path);
  }

  #shift(path: string, seconds: number | null): void {
    const now = Math.floor(this.#deps.now());
    const at = seconds === null ? now : (typedTime(textAt(this.#kept.draft, path), now) ?? now) + seconds;
    this.#change(path, timeText(at));
  }

  #drawRoute(): void {
    const { draft } = this.#kept;
    const corners = draft.route.map(({ lon, lat }) => typedPlace(`${lat} ${lon}`)).filter((at) => at !== null);
    this.#sketch.toggle("route", "line", corners, (line) =>
      this.#put(forms.withLine(this.#kept.draft, line, this.#deps.now()), "route"),
    );
  }

  #drawVolume(index: number): void {
    const corners = typedCorners(this.#kept.draft.volumes[index]?.outline ?? "");
    this.#sketch.toggle(String(index), "outline", typeof corners === "number" ? [] : corners, (outline) =>
      this.#change(`volumes[${index}].outline`, outline.map(placeText).join("\n")),
    );
  }

  // What the node says

  async #ask<T>(words: string, ask: () => Promise<T>, then: (answer: T) => void, stay: Phase): Promise<void> {
    this.#phase = { kind: "busy", words };
    this.#render();
    try {
      then(await ask());
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#phase = stay;
      this.#refuse(error);
    }
    this.#render();
  }

  /** Says a refusal in words at the field that it is about; nothing typed is lost. */
  #refuse(error: Error): void {
    const { draft } = this.#kept;
    const refusal = error instanceof Refused ? error.refusal : null;
    if (refusal?.reason === "changed-meanwhile") {
      this.#phase = { kind: "changed", version: null, differences: [] };
      return;
    }
    const field = refusal === null || this.#way === "file" ? "" : forms.refusedField(refusal.where, draft);
    const words = refusal === null ? error.message : forms.refusalWords(refusal, field);
    this.#refused = new Map([[field, words]]);
    if (field !== "") this.#phase = { kind: "edit" };
    this.#look();
  }

  #check(): void {
    this.#tried = true;
    this.#refused = NONE;
    this.#sketch.stop();
    const { declaration } = this.#meaning();
    if (declaration === null) {
      this.#render();
      this.#look();
      return;
    }
    void this.#ask(
      "Asking the node what would come of it.",
      () => this.#deps.api.checkFlight(declaration),
      (check) => {
        this.#phase = { kind: "checked", check };
        this.#deps.root.scrollTop = 0;
      },
      { kind: "edit" },
    );
  }

  #send(): void {
    const { declaration } = this.#meaning();
    if (declaration === null) {
      this.#check();
      return;
    }
    const { ref, replaces } = this.#kept.draft;
    const { api } = this.#deps;
    void this.#ask(
      "Declaring.",
      () => (ref === null ? api.declareFlight(declaration) : api.changeFlight(ref, declaration, replaces ?? 1)),
      ({ flight }) => this.#done([flight.ref], ref === null ? null : flight.flight.version),
      this.#phase,
    );
  }

  #sendFile(): void {
    const file = this.#file;
    if (file === null) return;
    this.#refused = NONE;
    void this.#ask(
      "Declaring.",
      () => this.#deps.api.declareFile(file.text),
      ({ flights }) => {
        this.#file = null;
        this.#done(flights.map(({ ref }) => ref));
      },
      { kind: "edit" },
    );
  }

  #done(refs: readonly string[], version: number | null = null): void {
    if (this.#way === "form") this.#store(this.#kept.draft.ref).drop();
    this.#phase = { kind: "done", refs, version };
    this.#deps.map?.markPoint(null);
    this.#deps.root.scrollTop = 0;
    this.#deps.changed();
  }

  #meaning(): forms.Meaning {
    return forms.read(this.#kept.draft, this.#deps.now());
  }

  /** Takes the person to the first thing that is not right. */
  #look(): void {
    requestAnimationFrame(() => {
      const { root } = this.#deps;
      const found =
        root.querySelector<HTMLElement>("[aria-invalid]") ?? root.querySelector<HTMLElement>("[data-problem]");
      found?.focus();
      found?.scrollIntoView({ block: "center" });
    });
  }

  async #take(file: File): Promise<void> {
    const text = await file.text();
    this.#file = { name: file.name, text, summary: summary(text) };
    this.#refused = NONE;
    this.#render();
  }

  // What is shown

  #render(): void {
    if (!this.#open) return;
    this.#followChange();
    const { problems } = this.#meaning();
    const shown = this.#shown(this.#tried && this.#sketch.of === null ? problems : NONE);
    patch(this.#deps.root, declarePanel(shown, this.#actions()));
    this.#showOnMap(shown);
  }

  /** The newer version that somebody else made comes with the desk, maybe after the refusal. */
  #followChange(): void {
    const { draft, base } = this.#kept;
    if (this.#phase.kind !== "changed" || draft.ref === null) return;
    const theirs = this.#known(draft.ref)?.flight;
    if (theirs === undefined || theirs.version === draft.replaces) return;
    const differences = base === null ? [] : forms.differences(base, theirs);
    this.#phase = { kind: "changed", version: theirs.version, differences };
  }

  #shown(problems: ReadonlyMap<string, string>): Shown {
    const { draft } = this.#kept;
    const { drawing, of } = this.#sketch;
    const names = this.#deps.parties?.() ?? new Map<string, { id: string; name: string }>();
    const view = this.#deps.view();
    const now = this.#deps.now();
    return {
      form: this.#form(problems),
      draft,
      way: this.#way,
      phase: this.#phase,
      view,
      now,
      corridor: draft.way === "route" ? made(draft, now) : [],
      file: this.#file,
      drawing: drawing === null || of === null ? null : { of, corners: drawing.corners.length },
      canDraw: this.#sketch.can,
      farRoute: farWords("route", forms.lineOf(draft), this.#others()),
      restored: this.#restored,
      parties: [...names.values()].map(({ id, name }) => [id, name] as const),
      name: (party) => names.get(party)?.name ?? view?.peers.find((peer) => peer.party === party)?.name ?? party,
    };
  }

  #others() {
    return elsewhere(this.#deps.view(), { flight: this.#kept.draft.ref });
  }

  #form(problems: ReadonlyMap<string, string>): Form {
    return {
      name: "declare",
      draft: this.#kept.draft,
      problems: new Map([...problems, ...this.#refused]),
      change: (path, value) => this.#change(path, value),
      shift: (path, seconds) => this.#shift(path, seconds),
    };
  }

  #showOnMap({ draft, corridor: volumes, phase, way }: Shown): void {
    if (phase.kind === "done" || way === "file") {
      this.#sketch.show([], []);
      return;
    }
    const { of, drawing } = this.#sketch;
    const typed = draft.volumes.filter((_, i) => of !== String(i)).map(({ outline }) => cornersSoFar(outline));
    const line = of === "route" ? [] : forms.lineOf(draft);
    this.#sketch.show(
      drawing !== null && of === "route" ? [] : draft.way === "route" ? volumes.map((one) => one.outline) : typed,
      line,
    );
  }

  #actions(): DeclareActions {
    const edit = (made: (draft: forms.Draft) => forms.Draft, field = ""): void =>
      this.#put(made(this.#kept.draft), field);
    return {
      way: (way) => {
        this.#way = way;
        this.#refused = NONE;
        this.#sketch.stop();
        this.#render();
      },
      check: () => this.#check(),
      send: () => this.#send(),
      edit: () => {
        this.#phase = { kind: "edit" };
        this.#deps.map?.markPoint(null);
        this.#render();
      },
      afresh: () => this.#begin(this.#phase.kind === "done" ? null : this.#kept.draft.ref, true),
      close: () => this.#close(),
      over: () => this.#over(),
      theirs: () => this.#begin(this.#kept.draft.ref, true),
      drawRoute: () => this.#drawRoute(),
      fill: () => edit((draft) => forms.timed(draft, this.#deps.now()), "route"),
      addPoint: () => edit((draft) => ({ ...draft, route: [...draft.route, forms.anotherPoint(draft)] }), "route"),
      removePoint: (index) => edit((draft) => ({ ...draft, route: draft.route.toSpliced(index, 1) }), "route"),
      addIdentifier: () => edit(forms.withIdentifier),
      removeIdentifier: (index) => edit((draft) => forms.withoutIdentifier(draft, index)),
      draw: (index) => this.#drawVolume(index),
      add: () => {
        const { volumes } = this.#kept.draft;
        edit(
          (draft) => ({ ...draft, volumes: [...volumes, anotherVolume(volumes, forms.soon(this.#deps.now()))] }),
          "volumes",
        );
        if (this.#sketch.can) this.#drawVolume(volumes.length);
      },
      remove: (index) => {
        this.#sketch.stop();
        edit((draft) => ({ ...draft, volumes: draft.volumes.toSpliced(index, 1) }), "volumes");
      },
      far: ({ outline }) => farWords("volume", cornersSoFar(outline), this.#others()),
      file: (file) => void this.#take(file),
      sendFile: () => this.#sendFile(),
      showPlace: (at) => {
        this.#deps.map?.markPoint(at);
        this.#deps.map?.reveal(at);
      },
      flight: (ref) => {
        this.#close();
        this.#deps.flight?.(ref);
      },
    };
  }

  #over(): void {
    const { draft } = this.#kept;
    const theirs = draft.ref === null ? null : this.#known(draft.ref);
    if (theirs === null) return;
    this.#kept = { draft: { ...draft, replaces: theirs.flight.version }, base: theirs.flight };
    this.#store(draft.ref).write(this.#kept);
    this.#check();
  }
}

/** The volumes about the route so far, however much else is missing. */
function made(draft: forms.Draft, now: number) {
  const route = forms.routeOf(draft, now);
  const margins = forms.marginsTyped(draft);
  return route === null || margins === null ? [] : corridor(route, margins);
}
