/** Zones: the list, and setting, changing and lifting them. Keeps the draft, and shows what the node says at the field. */
import type { SideDeps } from "./declare.ts";
import { refusalWords } from "./declareform.ts";
import type * as calls from "./deskcalls.ts";
import type { DeskView } from "./deskwire.ts";
import { patch } from "./dom.ts";
import { elsewhere, farWords } from "./far.ts";
import type { Form } from "./formview.ts";
import { remembered } from "./keep.ts";
import { Refused } from "./session.ts";
import { Sketch } from "./sketch.ts";
import { changed, cornersSoFar, placeText, textAt, timeText, typedCorners, typedTime } from "./typed.ts";
import { anotherVolume } from "./volumeform.ts";
import { blankZone, readZone, refusedZoneField, type ZoneDraft, zoneDraft } from "./zoneform.ts";
import { type ZoneActions, type ZonePhase, type ZonesShown, zonesPanel } from "./zoneview.ts";

export type ZoneApi = Pick<typeof calls, "setZone" | "changeZone" | "liftZone">;

const NONE: ReadonlyMap<string, string> = new Map();

export class ZoneSide {
  readonly #deps: SideDeps<ZoneApi>;
  readonly #sketch: Sketch;
  #open = false;
  #phase: ZonePhase = "list";
  #draft: ZoneDraft = blankZone(null, 0);
  #tried = false;
  #refused: ReadonlyMap<string, string> = NONE;
  #restored = false;
  #problem = "";

  constructor(deps: SideDeps<ZoneApi>) {
    this.#deps = deps;
    this.#sketch = new Sketch(deps.map, () => this.#render());
  }

  /** Opens the list, or the form for a change of the zone `id`. */
  open(id?: string): void {
    this.#open = true;
    // Put away with its form open, it comes back so.
    if (id !== undefined) this.#begin(id);
    else if (this.#phase === "form" && this.keeps) this.#begin(this.#own());
    else this.#list();
  }

  get busy(): boolean {
    return this.#phase === "busy";
  }

  /** Whether something is typed here that was not sent. */
  get keeps(): boolean {
    return [this.#own(), null].some((id) => this.#store(id).read() !== null);
  }

  render(_view: DeskView | null): void {
    if (this.#open) this.#render();
  }

  #list(): void {
    this.#phase = "list";
    this.#sketch.stop();
    this.#render();
  }

  #begin(id: string | null, fresh = false): void {
    const zone = this.#deps.view()?.zones.find((one) => one.id === id);
    const store = this.#store(id);
    if (fresh) store.drop();
    const kept = store.read();
    this.#restored = kept !== null;
    this.#draft = kept ?? (zone ? zoneDraft(zone) : blankZone(this.#deps.view(), this.#deps.now()));
    [this.#phase, this.#tried, this.#refused, this.#problem] = ["form", false, NONE, ""];
    this.#sketch.stop();
    this.#render();
  }

  #store(id: string | null) {
    const view = this.#deps.view();
    return remembered<ZoneDraft>(`zone:${view?.node ?? ""}:${view?.person ?? ""}:${id ?? ""}`);
  }

  #own(): string | null {
    return this.#draft.version === null ? null : this.#draft.id;
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

  #put(draft: ZoneDraft, field = ""): void {
    this.#draft = draft;
    this.#store(this.#own()).write(draft);
    if (this.#refused.size > 0)
      this.#refused = new Map([...this.#refused].filter(([path]) => path !== field && path !== ""));
    this.#render();
  }

  #change(path: string, value: unknown): void {
    this.#put(changed(this.#draft, path, value), path);
  }

  #shift(path: string, seconds: number | null): void {
    const now = Math.floor(this.#deps.now());
    const at = seconds === null ? now : (typedTime(textAt(this.#draft, path), now) ?? now) + seconds;
    this.#change(path, timeText(at));
  }

  #drawVolume(index: number): void {
    const corners = typedCorners(this.#draft.volumes[index]?.outline ?? "");
    this.#sketch.toggle(String(index), "outline", typeof corners === "number" ? [] : corners, (outline) =>
      this.#change(`volumes[${index}].outline`, outline.map(placeText).join("\n")),
    );
  }

  async #send(): Promise<void> {
    this.#tried = true;
    this.#refused = NONE;
    this.#sketch.stop();
    const { zone } = readZone(this.#draft, this.#deps.now());
    if (zone === null) {
      this.#render();
      return this.#look();
    }
    this.#phase = "busy";
    this.#render();
    const { api } = this.#deps;
    try {
      await (this.#draft.version === null ? api.setZone(zone) : api.changeZone(zone));
      this.#store(this.#own()).drop();
      this.#deps.changed();
      this.#list();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#phase = "form";
      const refusal = error instanceof Refused ? error.refusal : null;
      const field = refusal === null ? "" : refusedZoneField(refusal.where, this.#draft);
      this.#refused = new Map([[field, refusal === null ? error.message : refusalWords(refusal, field)]]);
      this.#render();
      this.#look();
    }
  }

  async #lift(id: string): Promise<void> {
    this.#problem = "";
    try {
      await this.#deps.api.liftZone(id);
      this.#deps.changed();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#problem = `${id} is not lifted: ${error.message}.`;
    }
    this.#render();
  }

  #look(): void {
    requestAnimationFrame(() => {
      const { root } = this.#deps;
      const found =
        root.querySelector<HTMLElement>("[aria-invalid]") ?? root.querySelector<HTMLElement>("[data-problem]");
      found?.focus();
      found?.scrollIntoView({ block: "center" });
    });
  }

  #render(): void {
    if (!this.#open) return;
    const { problems } = readZone(this.#draft, this.#deps.now());
    patch(
      this.#deps.root,
      zonesPanel(this.#shown(this.#tried && this.#sketch.of === null ? problems : NONE), this.#actions()),
    );
    const typed = this.#draft.volumes
      .filter((_, i) => this.#sketch.of !== String(i))
      .map(({ outline }) => cornersSoFar(outline));
    this.#sketch.show(this.#phase === "list" ? [] : typed, []);
  }

  #shown(problems: ReadonlyMap<string, string>): ZonesShown {
    const { drawing, of } = this.#sketch;
    const view = this.#deps.view();
    const names = this.#deps.parties?.() ?? new Map<string, { id: string; name: string }>();
    const listed = [...names.values()].map(({ id, name }) => [id, name] as const);
    const form: Form = {
      name: "zone",
      draft: this.#draft,
      problems: new Map([...problems, ...this.#refused]),
      change: (path, value) => this.#change(path, value),
      shift: (path, seconds) => this.#shift(path, seconds),
    };
    return {
      view,
      now: this.#deps.now(),
      phase: this.#phase,
      form,
      draft: this.#draft,
      drawing: drawing === null || of === null ? null : { of, corners: drawing.corners.length },
      parties: listed.length > 0 ? listed : (view?.peers.map(({ party, name }) => [party, name] as const) ?? []),
      restored: this.#restored,
      problem: this.#problem,
      name: (party) => names.get(party)?.name ?? view?.peers.find((peer) => peer.party === party)?.name ?? party,
    };
  }

  #actions(): ZoneActions {
    return {
      create: () => this.#begin(null),
      edit: (id) => this.#begin(id),
      lift: (id) => void this.#lift(id),
      show: (at) => this.#deps.map?.reveal(at),
      send: () => void this.#send(),
      list: () => this.#list(),
      afresh: () => this.#begin(this.#own(), true),
      close: () => this.#close(),
      exempt: (party, exempt) => {
        const others = this.#draft.exempt.filter((one) => one !== party);
        this.#put({ ...this.#draft, exempt: exempt ? [...others, party] : others }, "exempt");
      },
      draw: (index) => this.#drawVolume(index),
      far: ({ outline }) =>
        farWords("zone", cornersSoFar(outline), elsewhere(this.#deps.view(), { zone: this.#own() })),
      add: () => {
        const { volumes } = this.#draft;
        const start = Math.ceil(this.#deps.now() / 300) * 300;
        this.#put({ ...this.#draft, volumes: [...volumes, anotherVolume(volumes, start)] }, "volumes");
        if (this.#sketch.can) this.#drawVolume(volumes.length);
      },
      remove: (index) => {
        this.#sketch.stop();
        this.#put({ ...this.#draft, volumes: this.#draft.volumes.toSpliced(index, 1) }, "volumes");
      },
    };
  }
}
