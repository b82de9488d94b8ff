/** Writes and reads what is in a saved session. */
import { decodeBase64, encodeBase64 } from "./environment/base64.js";
import type { SavedSession } from "./models/savedSession.js";

/** What marks a saved session. */
export const SESSION_VERSION = "web-pubsub-session-1";

/** A message with its bytes in another form. */
function withBytes<Message extends object>(message: Message, convert: (data: never) => unknown): Message {
  const { data, dataType } = message as { data?: unknown; dataType?: string };
  const isBytes = dataType === "binary" || dataType === "protobuf";
  return isBytes ? { ...message, data: convert(data as never) } : { ...message };
}

/** A message that can be written as JSON. */
export function bytesToBase64<Message extends object>(message: Message): Message {
  return withBytes(message, (data: ArrayBuffer) => encodeBase64(new Uint8Array(data)));
}

/** The message as it was. */
export function base64ToBytes<Message extends object>(message: Message): Message {
  return withBytes(message, decodeBase64);
}

/** Whether it has what a client needs of a session. What features have saved is theirs to read. */
export function isSession(value: unknown): value is SavedSession {
  try {
    const saved = value as SavedSession;
    const { identity, sequenceId = 0 } = saved;
    const texts: unknown[] = saved.operations.map(({ message }) => base64ToBytes(message).kind);
    if (identity !== undefined) texts.push(identity.connectionId, identity.reconnectionToken);
    return (
      saved.version === SESSION_VERSION &&
      typeof saved.features === "object" &&
      [saved.droppedAt, saved.nextAckId, sequenceId].every((each) => Number.isFinite(each)) &&
      [saved.endpoint, ...texts].every((each) => typeof each === "string")
    );
  } catch {
    return false;
  }
}

/** @throws TypeError for a value that `suspend` and `snapshot` don't return */
export function checkSession(value: SavedSession | null | undefined): SavedSession | undefined {
  if (value === undefined || value === null) return undefined;
  if (isSession(value)) return value;
  throw new TypeError("resume must be a session that suspend() or snapshot() of this version has returned.");
}
