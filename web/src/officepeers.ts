/** Other parties' nodes, as views: their cards, the fingerprints that people compare, and how sending to them goes. */
import { type Board, partyName } from "./board.ts";
import type { DeskView, Peer } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import { empty } from "./list.ts";
import { field, form, type OfficeActions, type OfficeState, selectAll, told } from "./office.ts";
import { printToCompare } from "./officeform.ts";
import { day, groups, heights, many, span } from "./words.ts";

export function peerRows(board: Board, view: DeskView, state: OfficeState, actions: OfficeActions): View[] {
  return [
    told(state),
    ...view.peers.map((peer) => peerRow(peer, state, actions)),
    view.peers.length === 0 ? empty("This node knows no other party's node.") : null,
    form(
      `peer-form-${state.sent}`,
      { "data-testid": "peer-form" },
      (data) => actions.addPeer(String(data.get("card") ?? "")),
      h("h3", {}, "Take another party's card"),
      h(
        "label",
        { "data-key": "card" },
        "Paste its card",
        h("textarea", { name: "card", rows: 4, spellcheck: "false", required: true }),
      ),
      h("button", { type: "submit", class: "main", disabled: state.busy }, "Take the card"),
    ),
    cardView(state, actions),
    directoryView(board, view),
  ].filter((one) => one !== null);
}

function peerRow(peer: Peer, state: OfficeState, actions: OfficeActions): View {
  const { party, name } = peer;
  const words = peer.revoked ? "revoked" : peer.confirmed ? "confirmed" : "not confirmed";
  return h(
    "div",
    { class: "entry", "data-key": party, "data-testid": "peer", "data-party": party },
    h(
      "span",
      { class: "line" },
      h("b", {}, name),
      h("span", { class: `chip ${peer.confirmed && !peer.revoked ? "" : "flag"}` }, words),
    ),
    h("span", { class: "line" }, h("small", {}, `${party} · ${peer.address}`)),
    h(
      "span",
      { class: "line" },
      h(
        "small",
        { class: peer.unreachable ? "warn" : "" },
        `${linkWords(peer)}; ${many(peer.outbox)} waiting to be sent`,
      ),
    ),
    peer.problem === ""
      ? null
      : h(
          "span",
          { class: "line", "data-key": "problem" },
          h("small", { class: "warn", "data-testid": "peer-problem" }, peer.problem),
        ),
    h("span", { class: "line" }, h("small", {}, guardsWords(peer.guards.length))),
    h("span", { class: "line" }, h("code", { class: "print" }, groups(peer.fingerprint))),
    candidateView(peer),
    printToCompare(peer) === null ? null : confirmForm(peer, state, actions),
    peer.revoked
      ? null
      : state.asking === `peer:${party}`
        ? revokeForm(party, state, actions)
        : h(
            "span",
            { class: "line buttons", "data-key": "revoke" },
            h("button", { type: "button", onclick: () => actions.ask(`peer:${party}`) }, "Revoke its key"),
          ),
  );
}

/** How it goes with its node: whether it answers, and whether what it sends can be taken. */
function linkWords({ confirmed, revoked, unreachable, problem, since_heard_s }: Peer): string {
  if (unreachable) return `unreachable for ${span(since_heard_s)}`;
  if (!confirmed || revoked) return "nothing is sent to it";
  return problem === "" ? "answers" : `trouble for ${span(since_heard_s)}`;
}

function guardsWords(count: number): string {
  if (count === 0) return "guards no air that it told of";
  return `guards ${many(count)} ${count === 1 ? "piece" : "pieces"} of air`;
}

/** A card that came later with another key. Anybody can bring one, so nothing has changed until a person compares it. */
function candidateView({ candidate, revoked }: Peer): View | null {
  if (candidate === "") return null;
  const now = revoked ? "" : " Until then the key above stays in its place.";
  return h(
    "div",
    { "data-key": "candidate", "data-testid": "candidate", role: "note" },
    h(
      "span",
      { class: "line" },
      h(
        "span",
        { class: "warn" },
        `A newer card with another key waits: compare it by telephone, then confirm.${now} Its fingerprint:`,
      ),
    ),
    h("span", { class: "line" }, h("code", { class: "print" }, groups(candidate))),
  );
}

/** A person has the whole fingerprint another way than the card came, and gives all of it. */
function confirmForm(peer: Peer, state: OfficeState, actions: OfficeActions): View {
  const name = `print:${peer.party}`;
  return form(
    `confirm:${printToCompare(peer)}`,
    { "data-testid": "confirm-form" },
    (data) => actions.confirmPeer(peer, String(data.get(name) ?? "")),
    h(
      "p",
      {},
      `Have its people read the groups to you, by telephone or face to face.${
        peer.candidate === "" ? " Until then nothing is sent to it." : ""
      }`,
    ),
    field(name, "Type or paste all the groups that they read to you", "", state, {
      spellcheck: "false",
      required: true,
    }),
    h("button", { type: "submit", class: "main", disabled: state.busy }, "Confirm"),
  );
}

function revokeForm(party: string, state: OfficeState, actions: OfficeActions): View {
  return form(
    "revoke",
    {},
    (data) => actions.revokePeer(party, String(data.get("reason") ?? "")),
    field("reason", "Why is its key trusted no more?", "", state, { required: true }),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "submit", class: "main", disabled: state.busy }, "Revoke"),
      h("button", { type: "button", onclick: () => actions.ask(null) }, "Back"),
    ),
  );
}

function cardView({ card, prints }: OfficeState, actions: OfficeActions): View {
  const text = card === null ? "" : JSON.stringify(card);
  const print = card === null ? undefined : prints.get(card.card.public);
  return h(
    "section",
    { class: "pad", "data-key": "own-card" },
    h("h3", {}, "This node's own card"),
    h("p", { class: "dim" }, "Give it to other parties, and read them the fingerprint another way."),
    h("p", {}, h("code", { class: "print" }, groups(print ?? ""))),
    h("textarea", {
      readonly: true,
      rows: 3,
      "aria-label": "Own card",
      "data-testid": "own-card",
      value: text,
      onfocus: selectAll,
    }),
    h("button", { type: "button", disabled: card === null, onclick: () => actions.copy(text) }, "Copy"),
  );
}

function directoryView(board: Board, { directory }: DeskView): View | null {
  if (directory.length === 0) return null;
  return h(
    "section",
    { class: "pad", "data-key": "directory" },
    h("h3", {}, "Who is said to guard which air"),
    h(
      "ul",
      { class: "plain" },
      ...directory.map(({ name, by, air }, i) =>
        h(
          "li",
          { "data-key": i },
          h("b", {}, name),
          ` ${heights(air.lower_m, air.upper_m)}, since ${day(air.since)} `,
          h("small", {}, `by the word of ${partyName(board, by)}`),
        ),
      ),
    ),
  );
}
