/** What an officer fills in, read from forms: pure. Each throws `FormError` with what to do about it. */
import type { PersonSetting, PostSetting } from "./deskcalls.ts";
import type { LonLat } from "./geo.ts";
import { ROLES, type Role } from "./wire.ts";

export class FormError extends Error {}

export interface Filled {
  get(name: string): unknown;
}

export function textIn(form: Filled, name: string, what: string): string {
  const value = String(form.get(name) ?? "").trim();
  if (value === "") throw new FormError(`${what} is missing.`);
  return value;
}

export function numberIn(form: Filled, name: string, what: string): number {
  const value = Number(textIn(form, name, what).replace(",", ".").replace("−", "-"));
  if (!Number.isFinite(value)) throw new FormError(`${what} is not a number.`);
  return value;
}

/** One corner a line, latitude before longitude, as people say it: "32.55 13.10". */
export function outlineOf(text: string): LonLat[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const corners = lines.map((line, i): LonLat => {
    const [lat, lon, ...rest] = line
      .replaceAll("−", "-")
      .split(/[\s,;]+/)
      .filter(Boolean)
      .map(Number);
    if (
      lat === undefined ||
      lon === undefined ||
      rest.length > 0 ||
      !(Math.abs(lat) <= 90) ||
      !(Math.abs(lon) <= 180)
    ) {
      throw new FormError(`Corner ${i + 1} is not a latitude and a longitude in degrees: “${line.trim()}”.`);
    }
    return [lon, lat];
  });
  if (corners.length < 3) throw new FormError("An outline has three corners or more, one a line.");
  return corners;
}

export const outlineText = (outline: readonly LonLat[]): string =>
  outline.map(([lon, lat]) => `${lat} ${lon}`).join("\n");

export function postOf(form: Filled): { readonly id: string; readonly setting: PostSetting } {
  const outline = outlineOf(String(form.get("outline") ?? ""));
  const [lower_m, upper_m] = [numberIn(form, "lower", "The floor"), numberIn(form, "upper", "The ceiling")];
  if (lower_m >= upper_m) throw new FormError("The floor must be below the ceiling.");
  const sector = {
    name: textIn(form, "sector", "The sector's name"),
    centre: middle(outline),
    outline,
    lower_m,
    upper_m,
  };
  return { id: textIn(form, "id", "The id"), setting: { name: textIn(form, "name", "The name"), sector } };
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
