import type { Frame } from "./codec.js";
import type { Diagnostics } from "./diagnostics.js";
import type { Hub } from "./hub.js";
import type { Invocations } from "./invocations.js";
import type { Operations } from "./operations.js";
import type { Session } from "./session.js";
import type { Streams } from "./streams.js";
import type { Trace } from "./trace.js";
import { closeCodes } from "./transport.js";

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
    if (decoded.kind === "invalid") {
      const code = decoded.wrongFrameType ? closeCodes.wrongFrameType : closeCodes.invalidPayload;
      this.#decline(hub, session, decoded.reason, code);
      return;
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

  /** For good: after a recovery the client would send the same again. */
  #decline(hub: Hub, session: Session, reason: string, code: number): void {
    const { connectionId } = session;
    const message = `The client was declined: its message is not valid: ${reason}.`;
    this.#to.diagnostics({ level: "warning", hub: hub.name, connectionId, message });
    session.end(`The client message is not valid: ${reason}.`, code);
  }
}
