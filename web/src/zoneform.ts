/** A zone as somebody types it: the draft, what it means, and what is wrong with it, by field. Pure. */
import { idProblem } from "./declareform.ts";
import type { ZoneDeclaration } from "./deskcalls.ts";
import type { DeskView, Zone } from "./deskwire.ts";
import { fieldOf, type Problems } from "./typed.ts";
import { readVolume, VOLUME_FIELDS, type VolumeRow, volumeRow } from "./volumeform.ts";
import { day } from "./words.ts";

/** As typed. `version` is of the zone that is changed, null for a new one. */
export interface ZoneDraft {
  readonly version: number | null;
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  readonly exempt: readonly string[];
  readonly volumes: readonly VolumeRow[];
}

export function blankZone(view: DeskView | null, now: number): ZoneDraft {
  const stem = `${view?.node ?? ""}-zone-${day(now).slice(5).replace("-", "")}`;
  const taken = new Set(view?.zones.map(({ id }) => id) ?? []);
  let number = 1;
  while (taken.has(`${stem}-${number}`)) number++;
  return { version: null, id: `${stem}-${number}`, name: "", reason: "", exempt: [], volumes: [] };
}

export const zoneDraft = (zone: Zone): ZoneDraft => ({
  version: zone.version,
  id: zone.id,
  name: zone.name,
  reason: zone.reason,
  exempt: zone.exempt.filter((party) => party !== zone.party),
  volumes: zone.volumes.map(volumeRow),
});

/** What the draft sets, or every field that keeps it from doing so. */
export function readZone(
  draft: ZoneDraft,
  now: number,
): { readonly zone: ZoneDeclaration | null; readonly problems: Problems } {
  const problems = new Map<string, string>();
  const wrongId = idProblem(draft.id);
  if (wrongId !== null) problems.set("id", wrongId);
  if (draft.name.trim() === "") problems.set("name", "Give it a name: it stands on everybody's map.");
  if (draft.reason.trim() === "") problems.set("reason", "Say why others should stay out.");
  if (draft.volumes.length === 0) problems.set("volumes", "One volume or more: where and when.");
  const volumes = draft.volumes.map((row, i) =>
    readVolume(row, now, (field, words) => problems.set(`volumes[${i}].${field}`, words)),
  );
  if (problems.size > 0 || !volumes.every((one) => one !== null)) return { zone: null, problems };
  const [id, name, reason] = [draft.id.trim(), draft.name.trim(), draft.reason.trim()];
  return { zone: { id, name, reason, volumes, exempt: draft.exempt.toSorted() }, problems };
}

/** The field that a refusal of the node is about; empty for none of them. */
export function refusedZoneField(where: string, draft: ZoneDraft): string {
  const rows = draft.volumes.flatMap((_, i) => VOLUME_FIELDS.map((name) => `volumes[${i}].${name}`));
  const row = /volumes\W+(\d+)\]?$/.exec(where)?.[1];
  if (row !== undefined && draft.volumes[Number(row)] !== undefined) return `volumes[${row}].outline`;
  const field = fieldOf(where, ["id", "name", "reason", "exempt", "volumes", ...rows]);
  return field === "" && /outline|lower_m|upper_m|start|end|volume/.test(where) ? "volumes" : field;
}
