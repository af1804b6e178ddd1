/** How an own flight keeps to the volumes that it declared, as the node's own sensors saw it. */
import type { Conformance } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import { clockZ } from "./words.ts";

const STATE: Record<Conformance["state"], string> = {
  Conforming: "Within its volumes.",
  Excursion: "Outside, for less than the 10 s that are allowed so far.",
  Nonconforming: "Outside its volumes.",
  Contingent: "Outside its volumes for more than a minute.",
};
const LIMIT: Record<Conformance["short_of"][number], string> = {
  OiMinConformance: "less than 95 % of the time inside",
  OiMaxDurationPerExcursion: "outside for longer than 10 s",
  OiMaxExcursionsPerFlightHour: "outside more than 18 times an hour",
};

export function conformanceSection(kept: Conformance): View {
  const { outside } = kept;
  const counts = kept.state === "Nonconforming" || kept.state === "Contingent";
  return h(
    "section",
    { "data-key": "conformance", "data-testid": "conformance" },
    h("h3", {}, "How it keeps to its volumes", h("small", {}, `seen until ${clockZ(kept.time)}`)),
    h("p", counts ? { class: "warn pad" } : {}, STATE[kept.state], outside === null ? "" : ` ${howFar(outside)}`),
    h(
      "p",
      {},
      `Inside for ${(100 * kept.inside_share).toFixed(1)} % of the ${Math.round(kept.seen_s)} s that it was seen; ` +
        `left them ${kept.excursions} times, ${kept.excursions_over} of these for more than 10 s, ` +
        `the longest for ${Math.round(kept.longest_s)} s.`,
    ),
    kept.short_of.length === 0
      ? null
      : h("p", { class: "warn pad" }, `Short of ASTM F3548: ${kept.short_of.map((limit) => LIMIT[limit]).join(", ")}.`),
  );
}

function howFar(outside: NonNullable<Conformance["outside"]>): string {
  const parts = [];
  if (outside.away_m > 0) parts.push(`${Math.round(outside.away_m)} m beside`);
  if (outside.above_m !== 0) {
    parts.push(`${Math.round(Math.abs(outside.above_m))} m ${outside.above_m > 0 ? "above" : "below"}`);
  }
  if (outside.late_s !== null) {
    parts.push(`${Math.round(Math.abs(outside.late_s))} s ${outside.late_s > 0 ? "late" : "early"}`);
  }
  return parts.length === 0 ? "" : `Now ${parts.join(", ")}.`;
}
