import { h, list } from "../dom.js";
import { count } from "../format.js";
import type { KnownGroup, Subject } from "../subject.js";
import type { View } from "../view.js";

const STATUS = {
  idle: ["not joined", "idle"],
  waiting: ["waits for a connection", "busy"],
  joining: ["joining", "busy"],
  joined: ["joined", "good"],
  refused: ["refused", "bad"],
} as const satisfies Record<KnownGroup["status"], readonly [string, string]>;

/** The groups with their status, and the states of their members. */
export function groupsView({ client, groups }: Subject): View {
  const place = h("ul", { class: "cards" });
  const empty = h("p", { class: "empty" }, "No group was used yet.");
  const show = list<KnownGroup>(place, {
    key: ({ name }) => name,
    version: (group) =>
      JSON.stringify([group.status, group.error?.message, group.states, client.connectionId]),
    make: ({ name, status, error, states }) => {
      const [label, tone] = STATUS[status];
      return h(
        "li",
        {},
        h(
          "h3",
          {},
          h("span", {}, name),
          h("span", { class: "chip", "data-tone": tone }, label),
          h("span", { class: "dim" }, states.length > 0 ? count(states.length, "member state") : ""),
        ),
        error && h("p", { class: "bad" }, error.message),
        states.length > 0
          ? h(
              "ul",
              {},
              ...states.map(({ connectionId, userId, state }) =>
                h(
                  "li",
                  {},
                  h("b", {}, userId ?? "no user"),
                  connectionId === client.connectionId
                    ? h("span", { class: "dim" }, " this client")
                    : undefined,
                  h(
                    "span",
                    { class: "mono" },
                    Object.entries(state)
                      .map(([key, value]) => `${key}: ${value}`)
                      .join(", "),
                  ),
                ),
              ),
            )
          : undefined,
      );
    },
  });
  return {
    name: "Groups",
    element: h("div", {}, empty, place),
    render() {
      const all = groups();
      empty.hidden = all.length > 0;
      show(all);
    },
  };
}
