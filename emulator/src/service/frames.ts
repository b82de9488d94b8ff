import type { Frame } from "./codec.js";
import type { Diagnostics } from "./diagnostics.js";
import type { Hub } from "./hub.js";
import type { Invocations } from "./invocations.js";
import type { Operations } from "./operations.js";
import type { Session } from "./session.js";
import type { Streams } from "./streams.js";
import type { Trace } from "./trace.js";

interface Destinations {
  readonly operations: Operations;
  readonly invocations: Invocations;
  readonly streams: Streams;
  readonly trace: Trace;
  readonly diagnostics: Diagnostics;
}

/** Reads what clients send, and brings each message to whoever it is for. */
export class Frames {
  readonly #to: Destinations;

  constructor(to: Destinations) {
    this.#to = to;
  }

  received(hub: Hub, session: Session, frame: Frame): void {
    const decoded = session.codec.decode(frame);
    if (this.#to.trace.watched)
      this.#to.trace.emit(session, { kind: "received", decoded, bytes: frame.bytes.length });
    const report = (message: string) =>
      this.#to.diagnostics({
        level: "warning",
        hub: hub.name,
        connectionId: session.connectionId,
        message,
      });
    switch (decoded.kind) {
      case "unknown":
        report(`A message of the unknown type ${JSON.stringify(decoded.type)} was skipped.`);
        return;
      case "invalid":
        if (decoded.ackId !== undefined)
          session.answer(decoded.ackId, {
            name: "BadRequest",
            message: `Invalid message: ${decoded.reason}.`,
          });
        else if (decoded.invocationId !== undefined)
          this.#to.invocations.invalid(session, decoded.invocationId, decoded.reason);
        else if (decoded.streamId !== undefined)
          this.#to.streams.invalid(hub, session, decoded.streamId, decoded.reason);
        else report(`An invalid message was skipped: ${decoded.reason}.`);
        return;
      case "malformed":
        // Unsettled. The session ends too: the client would send the same again after a recovery.
        report(`A frame could not be read: ${decoded.reason}.`);
        session.end(`A frame could not be read: ${decoded.reason}.`);
        return;
      case "message":
        break;
    }
    const { message } = decoded;
    switch (message.kind) {
      case "ping":
        session.control({ kind: "pong" });
        return;
      case "sequenceAck":
        session.buffer?.acknowledge(message.sequenceId);
        return;
      case "joinGroup":
      case "leaveGroup":
      case "sendToGroup":
      case "event":
      case "setGroupState":
      case "subscribeGroupState":
      case "unsubscribeGroupState":
        this.#to.operations.execute(hub, session, message);
        return;
      case "startStream":
      case "streamData":
      case "streamKeepAlive":
      case "streamEnd":
        this.#to.streams.received(hub, session, message);
        return;
      case "invoke":
        this.#to.invocations.invoke(hub, session, message);
        return;
      case "cancelInvocation":
        this.#to.invocations.cancel(session, message.invocationId);
    }
  }
}
