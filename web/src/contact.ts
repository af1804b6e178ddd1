/** The last contact with a lost track in words, and what is doubtful about a number. Whose it was, never what it meant. */
import type { Board } from "./board.ts";
import { type Children, h, type View } from "./dom.ts";
import { apart, course, type LonLat } from "./geo.ts";
import { LOOKS } from "./standing.ts";
import type { BoardTrack, FallPoint, LastContactDetail, ReachableArea, Role } from "./wire.ts";
import * as words from "./words.ts";

/** The roles to which a node gives fall points; `safeconduct.service.permissions` decides. */
const OPENS: ReadonlySet<Role> = new Set<Role>(["operator", "officer"]);
export const mayOpen = (role: Role | undefined): boolean => role !== undefined && OPENS.has(role);

/** Doubt from which a word is said in the list and on the map; the panel tells all of it. */
export const DOUBTFUL = 0.01;
export const isDoubtful = ({ doubt }: BoardTrack): boolean => doubt >= DOUBTFUL;

/** The fall points of the selected track, as far as they have come. */
export interface Opened {
  /** Whether this role may open them. */
  readonly allowed: boolean;
  readonly detail: LastContactDetail | null;
  /** Why they could not be fetched; empty for no problem. */
  readonly problem: string;
}

export const UNOPENED: Opened = { allowed: false, detail: null, problem: "" };

const placeOf = ({ last_contact }: BoardTrack): LonLat => [last_contact.lon, last_contact.lat];

/** "Last contact 12:03:20Z (48 s ago): 1 200 m (3 940 ft), 41 m/s (80 kt) to 085°." */
export function contactSentence(track: BoardTrack, now: number): string {
  const { time, height_m } = track.last_contact;
  const [east, north] = track.velocity;
  const pace = Math.hypot(east, north);
  const moving = pace < 1 ? "not moving" : `${words.speed(pace)} to ${words.bearing(course(east, north))}`;
  const high = height_m === null ? "height not known" : words.height(height_m);
  return `Last contact ${words.clockZ(time)} (${words.span(now - time)} ago): ${high}, ${moving}.`;
}

/** How far from the last contact the farthest corner of the area is, metres. */
export function farthest(track: BoardTrack, reach: ReachableArea): number {
  return Math.max(0, ...reach.outline.map((corner) => apart(placeOf(track), corner)));
}

/** What the area means: a bound for one that flies on, and no guess where it is. */
export function reachSentence(track: BoardTrack, reach: ReachableArea): string {
  const bound = `at ${words.speed(reach.top_speed_mps)} or less`;
  return `If it flies on ${bound}, it is within ${words.distance(farthest(track, reach))} of there until ${words.clockZ(reach.time)} (${words.percent(reach.probability)}): the outline on the map.`;
}

/** "It was then consistent: AFRICOM-01 (97 %)." Whose it was held to be; losing sight of it changes nothing of that. */
export function stoodSentence({ standing, flight, probability }: BoardTrack): string {
  const named = flight === null ? "" : `: ${flight} (${words.percent(probability)})`;
  return `It was then ${LOOKS[standing].word}${named}.`;
}

/** "1.2 km to 085° of there, 95 % within 640 m; a fall of 24 s." */
export function fallSentence(track: BoardTrack, fall: FallPoint): string {
  const at: LonLat = [fall.lon, fall.lat];
  const away = apart(placeOf(track), at);
  const where =
    away < 50 ? "below there" : `${words.distance(away)} to ${words.bearing(bearing(placeOf(track), at))} of there`;
  const glide = fall.glide_m > 0 ? ` Gliding, up to ${words.distance(fall.glide_m)} from there.` : "";
  return `${where}, 95 % within ${words.distance(major(fall.covariance))}; a fall of ${words.span(fall.fall_s)}.${glide}`;
}

/** Half the longer axis of the 95 % ellipse, metres. */
function major([ee, en, nn]: FallPoint["covariance"]): number {
  return Math.sqrt(5.991 * ((ee + nn) / 2 + Math.hypot((ee - nn) / 2, en)));
}

function bearing([lon, lat]: LonLat, [toLon, toLat]: LonLat): number {
  return course((toLon - lon) * Math.cos((lat * Math.PI) / 180), toLat - lat);
}

/** Of a lost track: when and where, whose it was held to be, where it can be, and where it lies if it fell. */
export function contactSection(
  board: Board,
  track: BoardTrack,
  opened: Opened,
  choose: (id: string) => void,
): View | null {
  if (track.status !== "lost") return null;
  const reach = board.contacts.find((one) => one.track === track.id)?.reach ?? opened.detail?.reach;
  const later = [...board.tracks.values()].flatMap(({ id, continues }) =>
    continues.filter((one) => one.id === track.id).map(({ probability }) => ({ id, probability })),
  );
  const seen = [...board.tracks.values()]
    .filter(({ status, flight }) => status !== "lost" && flight !== null && flight === track.flight)
    .map(({ id }) => id);
  return h(
    "section",
    { "data-testid": "last-contact", class: "contact" },
    h("h3", {}, "Last contact"),
    h("p", {}, contactSentence(track, board.time)),
    h("p", {}, stoodSentence(track)),
    reach === undefined
      ? h("p", { class: "dim" }, "The area that it can have reached is too large to be shown by now.")
      : h("p", {}, reachSentence(track, reach)),
    ...seen.map((id) =>
      h(
        "p",
        { class: "note", "data-key": `seen ${id}` },
        `${track.flight} is seen now as `,
        h("button", { type: "button", class: "quiet", onclick: () => choose(id) }, id),
        ".",
      ),
    ),
    ...later.map(({ id, probability }) =>
      h(
        "p",
        { class: "note", "data-key": id },
        "It may go on as ",
        h("button", { type: "button", class: "quiet", onclick: () => choose(id) }, id),
        ` (${words.percent(probability)}): not sure enough for one number.`,
      ),
    ),
    ...fallViews(track, opened),
  );
}

function fallViews(track: BoardTrack, { allowed, detail, problem }: Opened): Children {
  if (!allowed)
    return [
      h("p", { class: "dim" }, "Where it lies if it fell is for operators and officers; that they look is recorded."),
    ];
  if (problem !== "") return [h("p", { class: "warn" }, `Where it lies if it fell cannot be shown: ${problem}.`)];
  if (detail === null) return [h("p", { class: "empty" }, "Asking the node where it lies if it fell.")];
  if (detail.falls.length === 0)
    return [h("p", { class: "dim" }, "Where it lies if it fell cannot be said: its height was never measured.")];
  return [
    h("h4", {}, "If it fell from there, without power"),
    h(
      "ul",
      { class: "plain falls", "data-testid": "falls" },
      ...detail.falls.map((fall) =>
        h("li", { "data-key": fall.body }, h("b", {}, `${words.bodyWords(fall.body)}: `), fallSentence(track, fall)),
      ),
    ),
    h(
      "p",
      { class: "dim" },
      "Which of them it is, how it breaks and how the wind blows is not known. The ground is taken to be near sea level. That you looked is on the record.",
    ),
  ];
}

const WHY: Readonly<Record<BoardTrack["doubt_why"][number], string>> = {
  gap: "it was silent, and the number was given again to what was found then",
  crossing: "another aircraft was so close that the two may have changed numbers",
};

/** What is doubtful about a track's number, in sentences; none where nothing is. */
export function doubtSentences(track: BoardTrack): string[] {
  const reasons = track.doubt_why.map((why) => WHY[why]).join("; and ");
  const number =
    track.doubt > 0
      ? [
          `The number ${track.id} may be another aircraft's (${words.percent(track.doubt)})${reasons && `: ${reasons}`}.`,
        ]
      : [];
  const earlier = track.continues.map(
    ({ id, probability }) =>
      `It may be ${id}, which was lost, going on (${words.percent(probability)}): not sure enough to bear that number.`,
  );
  return [...number, ...earlier];
}
