/** The people of a node, as views: their roles, keys and sign-in links. */
import type { DeskView, KeyedPerson, Link } from "./deskwire.ts";
import { h, type View } from "./dom.ts";
import { field, form, type OfficeActions, type OfficeState, selectAll, sure, told, wrongAt } from "./office.ts";
import { ROLES } from "./wire.ts";
import { clockZ, groups, ROLE_WORDS } from "./words.ts";

export function peopleRows(view: DeskView, state: OfficeState, actions: OfficeActions): View[] {
  const people: readonly KeyedPerson[] = state.people ?? view.people.map((person) => ({ person, keys: [] }));
  const posts = new Map(view.posts.map(({ post }) => [post.id, post.name]));
  return [
    told(state),
    ...people.map((one) => personRow(one, posts, state, actions)),
    form(
      `person-form-${state.sent}`,
      { "data-testid": "person-form" },
      actions.setPerson,
      h("h3", {}, "Add somebody, or change their role"),
      field("id", "Id, such as amal", "", state),
      field("name", "Name", "", state),
      h("label", { "data-key": "role" }, "Role", roleSelect()),
      h(
        "label",
        { "data-key": "post" },
        "Post, for crew",
        h(
          "select",
          { name: "post", "aria-invalid": state.problemAt === "post" ? "true" : null },
          h("option", { value: "" }, "none"),
          ...[...posts].map(([id, name]) => h("option", { value: id }, name)),
        ),
        wrongAt("post", state),
      ),
      h("p", { class: "dim", "data-key": "loses" }, "Whose role or post changes loses their keys."),
      h("button", { type: "submit", class: "main", disabled: state.busy }, "Save"),
    ),
  ].filter((one) => one !== null);
}

const roleSelect = (): View =>
  h(
    "select",
    { name: "role" },
    ...ROLES.filter((role) => role !== "metrics").map((role) => h("option", { value: role }, ROLE_WORDS[role])),
  );

function personRow(
  { person, keys }: KeyedPerson,
  posts: ReadonlyMap<string, string>,
  state: OfficeState,
  actions: OfficeActions,
): View {
  const link = state.link?.person === person.id ? state.link.link : null;
  const post = person.post === null ? "" : ` of ${posts.get(person.post) ?? person.post}`;
  return h(
    "div",
    { class: "entry", "data-key": person.id, "data-testid": "person", "data-person": person.id },
    h("span", { class: "line" }, h("b", {}, person.name), h("small", {}, person.id)),
    h("span", { class: "line" }, h("span", {}, `${ROLE_WORDS[person.role]}${post}`)),
    link === null
      ? h(
          "span",
          { class: "line buttons" },
          h(
            "button",
            {
              type: "button",
              "data-testid": "make-link",
              disabled: state.busy,
              onclick: () => actions.makeLink(person.id),
            },
            "Make a sign-in link",
          ),
        )
      : linkView(link, actions),
    h(
      "ul",
      { class: "plain" },
      ...keys.map((key) =>
        h(
          "li",
          { class: "line", "data-key": key.public },
          h(
            "small",
            {},
            "key ",
            h("code", { class: "print" }, groups(state.prints.get(key.public) ?? "…")),
            ` since ${clockZ(key.time)}`,
          ),
          sure(`key:${key.public}`, "Revoke", "A shift on it ends.", state, actions, () =>
            actions.revokeKey(person.id, key.public),
          ),
        ),
      ),
    ),
  );
}

function linkView({ link, expires }: Link, actions: OfficeActions): View {
  return h(
    "div",
    { class: "once", "data-key": "link" },
    h(
      "p",
      {},
      `Works once, until ${clockZ(expires)} by this computer's clock. It is shown only here: give it to this person alone.`,
    ),
    h("input", {
      readonly: true,
      "aria-label": "Sign-in link",
      "data-testid": "link",
      value: link,
      onfocus: selectAll,
    }),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "main", onclick: () => actions.copy(link) }, "Copy"),
      h("button", { type: "button", onclick: () => actions.forgetLink() }, "Put it away"),
    ),
  );
}
