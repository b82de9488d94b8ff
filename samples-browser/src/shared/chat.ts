import type { StandardSchemaV1 } from "web-pubsub-client";
import { credentialOf } from "./access";

export { clientOptions } from "./access";

export const ROOMS = ["lobby", "garden", "workshop"] as const;
export type Room = (typeof ROOMS)[number];

/** What the pages send each other. */
export interface Line {
  /** Tells an own line that came back from one that is still on its way. */
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** Unix time in ms by the sender's clock. */
  readonly at: number;
}

/** Lets nothing but lines in: anyone in the room may send anything. */
export const lineSchema: StandardSchemaV1<Line, Line> = {
  "~standard": {
    version: 1,
    vendor: "sample",
    validate: (value) => (isLine(value) ? { value } : { issues: [{ message: "not a line of the chat" }] }),
  },
};

function isLine(value: unknown): value is Line {
  if (typeof value !== "object" || value === null) return false;
  const { id, name, text, at } = value as Record<keyof Line, unknown>;
  return [id, name, text].every((each) => typeof each === "string") && typeof at === "number";
}

const BIRDS = ["Heron", "Wren", "Plover", "Kestrel", "Avocet", "Dipper", "Siskin", "Curlew"];

/** This tab's name: `?name=`, or the one it had before a reload, or a new one. */
export const me: string = (() => {
  const given = new URLSearchParams(location.search).get("name") ?? sessionStorage.getItem("name");
  const bird = BIRDS[Math.floor(Math.random() * BIRDS.length)];
  const name = given || `${bird} ${Math.floor(Math.random() * 90) + 10}`;
  sessionStorage.setItem("name", name);
  return name;
})();

export const credential = credentialOf(me);

export function newLine(text: string): Line {
  return { id: Math.random().toString(36).slice(2), name: me, text, at: Date.now() };
}

export function roomOfAddress(): Room {
  return ROOMS.find((room) => `#${room}` === location.hash) ?? "lobby";
}

export function timeOf({ at }: Line): string {
  return new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
