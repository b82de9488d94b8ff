import type { InvokeMessage, OperationMessage } from "../../core/models/messages.js";
import type { ObservedOperation } from "./models.js";

/** What is told of an operation or an invocation; the recorder changes it. */
export type OperationRecord = {
  -readonly [Name in keyof ObservedOperation]: ObservedOperation[Name];
};

/** A plain object: applications keep it in stores that wrap it. Ids may change until the frame is written. */
export function makeRecord(
  submitted: OperationMessage | InvokeMessage,
  isInternal: boolean,
  queuedAt: number,
  content: boolean,
): OperationRecord {
  return {
    kind: submitted.kind,
    group: "group" in submitted ? submitted.group : undefined,
    event: "event" in submitted ? submitted.event : undefined,
    get ackId() {
      return "ackId" in submitted ? submitted.ackId : undefined;
    },
    get invocationId() {
      return "invocationId" in submitted ? submitted.invocationId : undefined;
    },
    isInternal,
    queuedAt,
    timesSent: 0,
    sentAt: undefined,
    durationInMs: undefined,
    error: undefined,
    message: content ? submitted : undefined,
  };
}
