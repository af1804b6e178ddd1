/** What an officer fills in, read from forms: pure. Each throws `FormError` with what to do about it. */
import type { PersonSetting, PostSetting } from "./deskcalls.ts";
import type { Peer } from "./deskwire.ts";
import type { LonLat } from "./geo.ts";
import { placeText, typedCorners } from "./typed.ts";
import { ROLES, type Role } from "./wire.ts";

export class FormError extends Error {
  /** Name of the field that it is about; empty for none. */
  readonly field: string;

  constructor(words: string, field = "") {
    super(words);
    this.field = field;
  }
}

export interface Filled {
  get(name: string): unknown;
}

export function textIn(form: Filled, name: string, what: string): string {
  const value = String(form.get(name) ?? "").trim();
  if (value === "") throw new FormError(`${what} is missing.`, name);
  return value;
}

export function numberIn(form: Filled, name: string, what: string): number {
  const value = Number(textIn(form, name, what).replace(",", ".").replace("−", "-"));
  if (!Number.isFinite(value)) throw new FormError(`${what} is not a number.`, name);
  return value;
}

/** One corner a line, latitude before longitude, as people say it: "32.55 13.10". */
export function outlineOf(text: string): LonLat[] {
  const corners = typedCorners(text);
  if (typeof corners === "number") {
    const line = text.split("\n")[corners - 1]?.trim();
    throw new FormError(`Line ${corners} is not a latitude and a longitude in degrees: “${line}”.`, "outline");
  }
  if (corners.length < 3) throw new FormError("An outline has three corners or more, one a line.", "outline");
  return corners;
}

export const outlineText = (outline: readonly LonLat[]): string => outline.map(placeText).join("\n");

export function postOf(form: Filled): { readonly id: string; readonly setting: PostSetting } {
  const outline = outlineOf(String(form.get("outline") ?? ""));
  const [lower_m, upper_m] = [numberIn(form, "lower", "The floor"), numberIn(form, "upper", "The ceiling")];
  if (lower_m >= upper_m) throw new FormError("The floor must be below the ceiling.", "upper");
  const sector = {
    name: textIn(form, "sector", "The sector's name"),
    centre: middle(outline),
    outline,
    lower_m,
    upper_m,
  };
  return { id: textIn(form, "id", "The id"), setting: { name: textIn(form, "name", "The name"), sector } };
}

/** Whether two fingerprints are one, however they are grouped and spelt; a part of one is not. */
export function samePrint(typed: string, fingerprint: string): boolean {
  const plain = (text: string): string => text.replace(/\s/g, "").toLowerCase();
  return plain(typed) !== "" && plain(typed) === plain(fingerprint);
}

/** The fingerprint that a person is to compare now: that of the newer card with another key, where one waits. */
export function printToCompare({ fingerprint, confirmed, revoked, candidate }: Peer): string | null {
  if (candidate !== "") return candidate;
  return confirmed || revoked ? null : fingerprint;
}

/** The fingerprint that was read out, whole and right. Throws FormError where it is another. */
export function compared(typed: string, peer: Peer): string {
  const print = printToCompare(peer);
  if (print !== null && samePrint(typed, print)) return print;
  throw new FormError("Not all groups are the same. Do not confirm it: compare once more.", `print:${peer.party}`);
}

/** The middle of the box around it: the origin of the sector's own frame, which need not be exact. */
function middle(outline: readonly LonLat[]): LonLat {
  const between = (values: readonly number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
  return [between(outline.map(([lon]) => lon)), between(outline.map(([, lat]) => lat))];
}

export function personOf(form: Filled): { readonly id: string; readonly setting: PersonSetting } {
  const role = ROLES.find((one) => one === form.get("role")) ?? ("watch" satisfies Role);
  const post = role === "crew" ? textIn(form, "post", "The post of a crew member") : null;
  return { id: textIn(form, "id", "The id"), setting: { name: textIn(form, "name", "The name"), role, post } };
}
