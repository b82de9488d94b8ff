/** Builds and checks `setGroupState` messages. */
import { emptied } from "../../core/codec/emptied.js";
import type { SetGroupStateMessage } from "../../core/models/messages.js";
import { checkName } from "../../core/session/operationMessage.js";

/** @param state undefined clears it @throws TypeError for a state that isn't an object of strings */
export function setGroupStateMessage(
  group: string,
  state: Record<string, string> | undefined,
): SetGroupStateMessage {
  const message: SetGroupStateMessage = { kind: "setGroupState", group: checkName("group", group) };
  if (state === undefined) return message;
  if (typeof state !== "object" || state === null || Array.isArray(state) || emptied(state)) {
    throw new TypeError("state must be an object of strings.");
  }
  for (const [key, value] of Object.entries(state)) {
    if (typeof value !== "string") throw new TypeError(`state: the value of ${key} must be a string.`);
  }
  message.state = { ...state };
  return message;
}
