import { checkInteger, checkOneOf, checkStrings, guess, optional } from "../check.js";
import { CONTENT_TYPES, type ContentType, checkedMetadata, payloadOf } from "../content.js";
import { maxAnswerBytes } from "../service/limits.js";
import { isGroupName } from "../service/names.js";
import { payloadSize } from "../service/payloadSize.js";
import type { ConnectDecision, UserEventAnswer } from "../service/upstream.js";
import { type ConnectionState, encodeState } from "./connectionState.js";

const refusal = "The connect handler refused the client.";

type Reply = Readonly<Record<string, unknown>>;

/** What a function returned for `connect`. Throws where that means nothing. */
export function functionDecision(returned: unknown): ConnectDecision | undefined {
  const reply = replyOf("onConnect", returned, [
    "userId",
    "groups",
    "roles",
    "subprotocol",
    "state",
    "status",
    "message",
  ]);
  if (reply === undefined) return undefined;
  const { status, message, userId, groups, roles, subprotocol } = reply;
  if (status !== undefined) {
    return {
      kind: "refused",
      status: checkInteger("status", status, 400, 599),
      message: optional(message, (value) => text("message", value)) ?? refusal,
    };
  }
  const joined = optional(groups, (value) => checkStrings("groups", value));
  if (joined?.every(isGroupName) === false) {
    throw new RangeError("groups must hold names of 1 to 1,024 characters, not all blank.");
  }
  return {
    kind: "accepted",
    userId: optional(userId, (value) => text("userId", value)),
    groups: joined,
    roles: optional(roles, (value) => checkStrings("roles", value)),
    // The empty string picks none, as in a webhook's answer.
    subprotocol: optional(subprotocol, (value) => text("subprotocol", value)) || undefined,
    connectionState: stateOf(reply),
  };
}

/** What a function returned for a user event. Throws where that means nothing. */
export function functionAnswer(returned: unknown): UserEventAnswer {
  const reply = replyOf("onEvent", returned, ["data", "dataType", "metadata", "state"]);
  if (reply === undefined) return { kind: "handled" };
  const { data, dataType, metadata } = reply;
  const connectionState = stateOf(reply);
  const about = optional(metadata, checkedMetadata);
  // Metadata alone goes out with an empty text, as it does for a webhook.
  if (data === undefined && about === undefined) return { kind: "handled", connectionState };
  const type = optional(dataType, (value) => checkOneOf<ContentType>("dataType", value, CONTENT_TYPES));
  const payload = payloadOf(data === undefined ? "" : data, type);
  if (payloadSize(payload) > maxAnswerBytes) throw new RangeError("data must not be larger than 16 MiB.");
  return { kind: "handled", connectionState, reply: { payload, metadata: about } };
}

/** Undefined: nothing was returned. */
function replyOf(name: string, returned: unknown, keys: readonly string[]): Reply | undefined {
  if (returned === undefined || returned === null) return undefined;
  if (typeof returned !== "object" || Array.isArray(returned)) {
    throw new TypeError(`${name} must return an object or nothing, not ${JSON.stringify(returned)}.`);
  }
  for (const key of Object.keys(returned)) {
    if (!keys.includes(key)) {
      throw new TypeError(
        `${name} returned ${JSON.stringify(key)}${guess(key, keys)}; it can return ${keys.join(", ")}.`,
      );
    }
  }
  return returned as Reply;
}

function stateOf({ state }: Reply): string | undefined {
  if (state === undefined) return undefined;
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    throw new TypeError("state must be an object.");
  }
  return encodeState(state as ConnectionState);
}

/** The empty string is one too. */
function text(name: string, value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string, but is a ${typeof value}.`);
  return value;
}
