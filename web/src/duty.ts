/** Who is on duty at a crew's post, and this device's key: as views. */
import type { DeskPost, DeskView } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import type { DeviceKey } from "./postkeys.ts";
import { clockZ, groups } from "./words.ts";

/** How somebody stands to their post. */
export type Duty =
  | { readonly kind: "no-post" }
  | { readonly kind: "no-key" }
  | { readonly kind: "not-enrolled" }
  | { readonly kind: "unmanned" }
  | { readonly kind: "other-crew"; readonly person: string; readonly start: number; readonly until: number }
  | { readonly kind: "other-device" }
  | { readonly kind: "on-duty"; readonly shift: number; readonly until: number };

export function ownPost(view: DeskView): DeskPost | null {
  return view.posts.find(({ post }) => post.id === view.post) ?? null;
}

/** `key` is this device's for this person; null for none. `time` is the node's. */
export function dutyOf(view: DeskView, key: DeviceKey | null, time: number): Duty {
  const post = ownPost(view);
  if (post === null) return { kind: "no-post" };
  if (key === null) return { kind: "no-key" };
  if (!key.enrolled) return { kind: "not-enrolled" };
  const { shift } = post;
  if (shift === null || shift.until <= time) return { kind: "unmanned" };
  if (shift.person !== view.person) {
    return { kind: "other-crew", person: shift.person, start: shift.start, until: shift.until };
  }
  if (shift.key !== key.public) return { kind: "other-device" };
  return { kind: "on-duty", shift: shift.number, until: shift.until };
}

/** Who gave an answer at a post: this crew with this device, whoever else is on duty, or a crew that has gone. */
export type Answerer = "own" | "on-duty" | "before";

/** `signed` is the number of the shift that the answer is of. */
export function answererOf(view: DeskView, duty: Duty, signed: number, time: number): Answerer {
  if (duty.kind === "on-duty") return duty.shift === signed ? "own" : "before";
  const shift = ownPost(view)?.shift ?? null;
  return shift !== null && shift.until > time && shift.number === signed ? "on-duty" : "before";
}

export const SHIFT_HOURS = [2, 4, 6, 8, 10, 12] as const;
export const USUAL_HOURS = 8;

export interface DutyState {
  readonly duty: Duty;
  readonly post: DeskPost | null;
  /** This device's key as people compare it; empty for no key. */
  readonly fingerprint: string;
  readonly busy: boolean;
  readonly problem: string;
  /** Why this browser cannot keep a key; empty where it can. */
  readonly unable: string;
  /** "Stand down" was pressed and waits for a second word. */
  readonly leaving: boolean;
}

export interface DutyActions {
  makeKey(): void;
  enrol(): void;
  takeOver(hours: number): void;
  leave(sure: boolean): void;
  stay(): void;
}

export function dutySection(state: DutyState, actions: DutyActions): View {
  const { post, problem } = state;
  return h(
    "section",
    { class: `duty ${state.duty.kind}`, "data-key": "duty", "data-testid": "duty", "data-duty": state.duty.kind },
    h("h3", {}, post?.post.name ?? "Your post"),
    ...(state.unable === "" ? dutyViews(state, actions) : [h("p", { class: "warn" }, state.unable)]),
    problem === "" ? null : h("p", { class: "warn", role: "alert" }, problem),
    state.fingerprint === ""
      ? null
      : h("p", { class: "dim" }, "This device's key: ", h("code", { class: "print" }, groups(state.fingerprint))),
  );
}

function dutyViews(state: DutyState, actions: DutyActions): View[] {
  const { duty, busy } = state;
  const button = (words: string, testid: string, act: () => void, main = true): View =>
    h(
      "button",
      {
        type: "button",
        "data-key": testid,
        "data-testid": testid,
        class: main ? "main" : "",
        disabled: busy,
        onclick: act,
      },
      busy ? "Wait" : words,
    );
  const say = (...words: string[]): View[] => words.map((text, i) => h("p", { "data-key": `say-${i}` }, text));
  switch (duty.kind) {
    case "no-post":
      return say("The node does not show your post. Ask the officer who runs it.");
    case "no-key":
      return [
        ...say(
          "This device has no key yet. Receipts are signed with it.",
          "It is made here and never leaves this device. Nobody can sign for you without it, not even the node.",
        ),
        button("Make this device's key", "make-key", actions.makeKey),
      ];
    case "not-enrolled":
      return [
        ...say("The node has not taken this device's key yet."),
        button("Enrol this device's key", "enrol", actions.enrol),
      ];
    case "on-duty":
      if (!state.leaving) {
        return [
          h("p", {}, h("b", {}, "You are on duty"), ` until ${clockZ(duty.until)}.`),
          button("Stand down", "stand-down", () => actions.leave(false), false),
        ];
      }
      return [
        ...say("Your receipts end when you stand down: nobody then holds these flights here."),
        h(
          "p",
          { class: "buttons", "data-key": "sure" },
          button("Yes, stand down", "stand-down-sure", () => actions.leave(true), false),
          button("Stay on duty", "stay", actions.stay),
        ),
      ];
    case "unmanned":
      return [...say("Nobody is on duty here."), takeOver(busy, actions)];
    case "other-device":
      return [
        ...say("You are on duty with another device.", "Take over here, and receipts from there end: sign anew."),
        takeOver(busy, actions),
      ];
    case "other-crew":
      return [
        ...say(
          `${duty.person} is on duty, ${clockZ(duty.start)} to ${clockZ(duty.until)}.`,
          "If you take over, their receipts end. You then sign for each flight yourself.",
        ),
        takeOver(busy, actions),
      ];
  }
}

function takeOver(busy: boolean, actions: DutyActions): View {
  return h(
    "form",
    {
      class: "take-over",
      "data-key": "take-over",
      onsubmit: (event: SubmitEvent) => {
        event.preventDefault();
        actions.takeOver(Number(new FormData(event.target as HTMLFormElement).get("hours")));
      },
    },
    h(
      "label",
      {},
      "For ",
      h(
        "select",
        { name: "hours" },
        ...SHIFT_HOURS.map((hours) => h("option", { value: hours, selected: hours === USUAL_HOURS }, `${hours} hours`)),
      ),
    ),
    h(
      "button",
      { type: "submit", class: "main", "data-testid": "take-over", disabled: busy },
      busy ? "Wait" : "Take over this post",
    ),
  );
}
