import type { OperationError, StreamNackName } from "./messages.js";

/** The connection that a fault may hit. */
export interface FaultTarget {
  readonly hub: string;
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly groups: ReadonlySet<string>;
}

/**
 * Where scripted faults reach into the service. Every method is asked once for each chance to fail, so that a
 * script can count.
 */
export interface Interference {
  /** True: this recovery is told that its session is gone. */
  rejectsRecovery(target: FaultTarget): boolean;
  /** An error: the operation isn't executed, its ack carries this. */
  refusesOperation(target: FaultTarget): OperationError | undefined;
  /** What happens to an ack that is due: `swallow`, or a delay in milliseconds. */
  holdsAck(target: FaultTarget): "swallow" | number | undefined;
  /** True: the recovery brings a `connected` message with a new token before everything else. */
  announcesRecovery(target: FaultTarget): boolean;
  /** How often a recovery replays each message. */
  replays(target: FaultTarget): number;
  /** What happens to an invocation's answer that is due: `swallow`, or a delay in milliseconds. */
  holdsInvocation(target: FaultTarget, event: string): "swallow" | number | undefined;
  /** An error: the stream isn't opened. */
  refusesStream(target: FaultTarget, streamId: string): OperationError | undefined;
  /** A name: the fragment, which is the expected one, isn't taken and must be sent again. */
  nacksFragment(target: FaultTarget, streamId: string, streamSequenceId: number): StreamNackName | undefined;
  /** What happens to a stream ack that is due: `swallow`, or a delay in milliseconds. */
  holdsStreamAck(target: FaultTarget, streamId: string): "swallow" | number | undefined;
}

/** No faults. */
export const noInterference: Interference = {
  rejectsRecovery: () => false,
  refusesOperation: () => undefined,
  holdsAck: () => undefined,
  announcesRecovery: () => false,
  replays: () => 1,
  holdsInvocation: () => undefined,
  refusesStream: () => undefined,
  nacksFragment: () => undefined,
  holdsStreamAck: () => undefined,
};
