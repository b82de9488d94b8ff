/** Frames of the JSON subprotocols as the service writes them. */
export type Frame = Record<string, unknown>;

export function connected(
  connectionId = "A",
  reconnectionToken: string | undefined = `token-${connectionId}`,
) {
  return { type: "system", event: "connected", userId: "ann", connectionId, reconnectionToken };
}

export function disconnected(message: string): Frame {
  return { type: "system", event: "disconnected", message };
}

/** @param error name of the error; none for success */
export function ack(ackId: unknown, error?: string): Frame {
  if (error === undefined) return { type: "ack", ackId, success: true };
  return { type: "ack", ackId, success: false, error: { name: error, message: `${error}!` } };
}

export function fromGroup(data: string, sequenceId?: number, group = "room"): Frame {
  return { type: "message", from: "group", group, fromUserId: "bob", dataType: "text", data, sequenceId };
}

export function fromServer(data: string, sequenceId?: number): Frame {
  return { type: "message", from: "server", dataType: "text", data, sequenceId };
}

export const pong: Frame = { type: "pong" };
