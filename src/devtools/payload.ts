import type { ObservedFrame } from "../features/observe/index.js";
import { h } from "./dom.js";
import { count, hex, size } from "./format.js";

/** Most characters, and most bytes of binary content, that are shown before somebody asks for all. */
const SHOWN = 2_000;
const SHOWN_BYTES = 512;
/** Most characters of a payload that are searched, and most bytes of a frame whose row shows how its JSON begins. */
const SEARCHED = 10_000;
const PREVIEWED = 2_000;

type Parts = { readonly data: unknown; readonly rest: Readonly<Record<string, unknown>> };

/** The payload of a frame, and what else it says. */
function parts({ message }: ObservedFrame): Parts {
  const { data, kind: _, ...rest } = (message ?? {}) as Readonly<Record<string, unknown>>;
  return { data, rest };
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return undefined;
}

function json(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent) ?? "";
  } catch {
    // A codec of the application's own may take more than JSON.
    return String(value);
  }
}

/** The beginning of what a frame says, on one line. Empty for large JSON: writing it would take time. */
export function preview(frame: ObservedFrame): string {
  const { data, rest } = parts(frame);
  const bytes = bytesOf(data);
  if (bytes) return `${size(bytes.length)} of binary`;
  if (typeof data === "string") return data.slice(0, 120);
  if (frame.bytes > PREVIEWED) return "";
  if (data !== undefined) return json(data).slice(0, 120);
  const { error, event, success, state } = rest;
  const told = error ?? state ?? event ?? (success === false ? "failed" : undefined);
  const { name, message } = (told ?? {}) as { readonly name?: unknown; readonly message?: unknown };
  if (typeof name === "string") return `${name}: ${String(message)}`.slice(0, 120);
  return (typeof told === "string" ? told : json(told)).slice(0, 120);
}

const searched = new WeakMap<ObservedFrame, string>();

/** What the text filter looks at, in small letters. */
export function searchable(frame: ObservedFrame): string {
  let text = searched.get(frame);
  if (text === undefined) {
    const { data, rest } = parts(frame);
    const said = bytesOf(data) ? "" : typeof data === "string" ? data : json(data);
    text = `${frame.kind} ${json(rest)} ${said.slice(0, SEARCHED)}`.toLowerCase();
    searched.set(frame, text);
  }
  return text;
}

/** Everything about a frame, for who has clicked on it. */
export function details(frame: ObservedFrame): HTMLElement {
  const { data, rest } = parts(frame);
  const facts = Object.entries(rest).filter(([, value]) => value !== undefined && value !== "");
  const { ackId, sequenceId, group } = frame;
  const known = facts.length > 0 ? facts : Object.entries({ group, ackId, sequenceId });
  return h(
    "div",
    { class: "details" },
    h(
      "dl",
      {},
      ...known
        .filter(([, value]) => value !== undefined)
        .flatMap(([name, value]) => [
          h("dt", {}, name),
          h("dd", {}, typeof value === "string" ? value : json(value)),
        ]),
      h("dt", {}, "size"),
      h("dd", {}, count(frame.bytes, "byte")),
    ),
    ...(data === undefined ? [] : [content(data)]),
  );
}

function content(data: unknown): HTMLElement {
  const bytes = bytesOf(data);
  const [label, length, whole, some] = bytes
    ? [
        `Binary, ${count(bytes.length, "byte")}`,
        bytes.length - SHOWN_BYTES,
        () => hex(bytes),
        () => hex(bytes.subarray(0, SHOWN_BYTES)),
      ]
    : textParts(typeof data === "string" ? data : json(data, 2), typeof data === "string" ? "Text" : "JSON");
  const text = h("pre", { tabindex: 0, "aria-label": "Payload" }, length > 0 ? some() : whole());
  const more = h(
    "button",
    {
      type: "button",
      onclick: () => {
        text.textContent = whole();
        text.focus();
        more.remove();
      },
    },
    "Show all",
  );
  return h(
    "div",
    {},
    h("p", { class: "dim" }, label),
    text,
    length > 0
      ? h("p", {}, more, h("span", { class: "dim" }, ` ${count(length, bytes ? "byte" : "character")} more`))
      : undefined,
  );
}

function textParts(text: string, kind: string): readonly [string, number, () => string, () => string] {
  return [
    `${kind}, ${count(text.length, "character")}`,
    text.length - SHOWN,
    () => text,
    () => text.slice(0, SHOWN),
  ];
}
