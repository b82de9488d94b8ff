import type { ObservedFrame } from "../../features/observe/index.js";
import { h, list, say, svg } from "../dom.js";
import { clock, count, size, words } from "../format.js";
import { details, preview, searchable } from "../payload.js";
import type { Subject } from "../subject.js";
import type { View } from "../view.js";

/** What keeps a connection alive and is of no interest most of the time. */
const UPKEEP: ReadonlySet<string> = new Set(["ping", "pong", "sequenceAck"]);

/** The frames in both directions, the newest first. */
export function messagesView({ records }: Subject, changed: () => void): View {
  const { frames } = records;
  /** What is shown while it is paused. */
  let held: readonly ObservedFrame[] | undefined;
  const text = h("input", {
    type: "search",
    placeholder: "Filter by text",
    "aria-label": "Filter by text",
    oninput: changed,
  });
  const kinds = choice("Kind", ["Without pings", "All kinds"], changed);
  const groups = choice("Group", ["All groups"], changed);
  const pause = h(
    "button",
    {
      type: "button",
      "aria-pressed": "false",
      onclick: () => {
        held = held ? undefined : [...frames.items];
        pause.setAttribute("aria-pressed", String(held !== undefined));
        changed();
      },
    },
    "Pause",
  );
  const clear = h(
    "button",
    {
      type: "button",
      onclick: () => {
        frames.clear();
        held &&= [];
        changed();
      },
    },
    "Clear",
  );
  const told = h("p", { class: "dim" });
  const place = h("ol", { class: "rows", "aria-label": "Messages, newest first" });
  const show = list<ObservedFrame>(place, { key: (frame) => frame, make: row });
  return {
    name: "Messages",
    element: h(
      "div",
      {},
      h("div", { class: "tools" }, text, kinds.element, groups.element, pause, clear),
      told,
      place,
    ),
    render() {
      const all = held ?? frames.items;
      kinds.offer(new Set(all.map(({ kind }) => kind)), words);
      groups.offer(new Set(all.flatMap(({ group }) => group ?? [])), String);
      const [kind, group, wanted] = [
        kinds.element.value,
        groups.element.value,
        text.value.trim().toLowerCase(),
      ];
      const found = all.filter(
        (frame) =>
          (kind === "0" ? !UPKEEP.has(frame.kind) : kind === "1" || frame.kind === kind.slice(1)) &&
          (group === "0" || frame.group === group.slice(1)) &&
          (wanted === "" || searchable(frame).includes(wanted)),
      );
      const kept = held ? `; paused, ${newer(frames.items, held)} new since` : "";
      say(told, `${found.length} of ${count(all.length, "message")}${kept}`);
      show([...found].reverse());
    },
  };
}

/** How many have come after those that are held. */
function newer(items: readonly ObservedFrame[], held: readonly ObservedFrame[]): number {
  const last = held.at(-1);
  return items.length - 1 - (last === undefined ? -1 : items.lastIndexOf(last));
}

/** A select; its first values are numbers, those offered begin with a colon. */
function choice(label: string, first: readonly string[], onchange: () => void) {
  const element = h(
    "select",
    { "aria-label": label, onchange },
    ...first.map((one, at) => h("option", { value: at }, one)),
  );
  const known = new Set<string>();
  return {
    element,
    /** Adds what isn't among the options yet. */
    offer(values: ReadonlySet<string>, name: (value: string) => string): void {
      for (const value of values) {
        if (known.has(value)) continue;
        known.add(value);
        element.append(h("option", { value: `:${value}` }, name(value)));
      }
    },
  };
}

function row(frame: ObservedFrame): HTMLElement {
  const { direction, kind, group, bytes, at, message } = frame;
  const isOut = direction === "out";
  const isBad = message !== undefined && "success" in message && message.success === false;
  let open: HTMLElement | undefined;
  const button = h(
    "button",
    {
      type: "button",
      class: "message",
      "aria-expanded": "false",
      onclick: () => {
        if (open) open.remove();
        open = open ? undefined : item.appendChild(details(frame));
        button.setAttribute("aria-expanded", String(open !== undefined));
      },
    },
    h("span", { class: "way", role: "img", "aria-label": isOut ? "sent" : "received" }, arrow(isOut)),
    h("time", {}, clock(at)),
    h("b", {}, words(kind)),
    h("span", { class: "name" }, group ?? (message && "event" in message ? message.event : "")),
    h("span", { class: "text" }, preview(frame)),
    h("span", { class: "time" }, size(bytes)),
  );
  const item = h("li", { "data-tone": isBad ? "bad" : isOut ? "out" : "in" }, button);
  return item;
}

/** Fonts may lack arrows. */
function arrow(up: boolean): SVGElement {
  const path = svg("path", { d: up ? "M5 11V1M1 5l4-4 4 4" : "M5 1v10M1 7l4 4 4-4" });
  return svg("svg", { viewBox: "0 0 10 12", width: 10, height: 12, "aria-hidden": "true" }, path);
}
