import type { FaultTarget, Interference } from "./service/interference.js";
import type { OperationError, StreamNackName } from "./service/messages.js";

/** Which connections a fault hits: those to which every given field applies; all of them without any. */
export interface ConnectionFilter {
  /** Connections of this hub, in any case. */
  readonly hub?: string;
  /** The connection with this id. */
  readonly connectionId?: string;
  /** Connections of this user. */
  readonly userId?: string;
  /** Members of this group. */
  readonly group?: string;
}

/** A fault that waits for its chance. Plain JSON: it can be sent to a service in another process. */
export type ScriptedFault = {
  /** How often it strikes. Default: until it is removed. */
  readonly times?: number;
} & (
  | {
      readonly kind: "refuseUpgrades";
      /** An HTTP status; `hang`: no answer at all; `reset`: the socket is dropped. */
      readonly with: number | "hang" | "reset";
      /** Default: both. */
      readonly only?: "recovery" | "new";
      /** Only recoveries of these connections: of a new connection nothing is known yet. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "rejectRecovery";
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "announceRecovery";
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "holdAcks";
      /** The acks are lost. */
      readonly swallow: true;
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "holdAcks";
      /** How late the acks are, in milliseconds. */
      readonly delayInMs: number;
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "answerAcks";
      /** Name of the error. */
      readonly error: string;
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "replayTwice";
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | ({ readonly kind: "holdInvocations" } & InvocationLimits & Hold)
  | ({
      readonly kind: "refuseStreams";
      /** Name of the error. */
      readonly error: string;
    } & StreamLimits)
  | ({ readonly kind: "nackFragments" } & FragmentLimits)
  | ({ readonly kind: "holdStreamAcks" } & StreamLimits & Hold)
);

/** What happens to an answer that is due: it is lost, or late by some milliseconds. */
export type Hold =
  | {
      /** It is lost. */
      readonly swallow: true;
    }
  | {
      /** How late it is, in milliseconds. */
      readonly delayInMs: number;
    };

/** Which invocations a fault hits: those to which every given field applies. */
export interface InvocationLimits {
  /** Applies to the callers. Default: every connection. */
  readonly filter?: ConnectionFilter;
  /** Default: invocations of any event. The case doesn't matter. */
  readonly event?: string;
}

/** Which streams a fault hits: those to which every given field applies. */
export interface StreamLimits {
  /** Applies to the publishers. Default: every connection. */
  readonly filter?: ConnectionFilter;
  /** Default: every stream. */
  readonly streamId?: string;
}

/** Which fragments of streams a fault hits: those to which every given field applies. */
export interface FragmentLimits extends StreamLimits {
  /** Default: any fragment. */
  readonly streamSequenceId?: number;
  /** Default: `TransientError`. */
  readonly name?: StreamNackName;
}

type OfKind<Kind extends ScriptedFault["kind"]> = Extract<ScriptedFault, { readonly kind: Kind }>;

/** The faults in force, in the order they were added: of two that fit, the older one strikes. */
export class FaultScript implements Interference {
  #entries: { readonly fault: ScriptedFault; left: number }[] = [];

  add(fault: ScriptedFault): void {
    this.#entries.push({ fault, left: fault.times ?? Infinity });
  }

  clear(): void {
    this.#entries = [];
  }

  /** What is still to come; `times` is what is left of it. */
  get active(): readonly ScriptedFault[] {
    return this.#entries.map(({ fault, left }) => (left === Infinity ? fault : { ...fault, times: left }));
  }

  /**
   * How to refuse this upgrade; undefined: not at all.
   * @param target the connection to be recovered, if the service knows it
   */
  refusesUpgrade(kind: "recovery" | "new", target?: FaultTarget): number | "hang" | "reset" | undefined {
    return this.#strike(
      "refuseUpgrades",
      ({ only, filter }) =>
        (only === undefined || only === kind) &&
        (filter === undefined || (target !== undefined && matches(filter, target))),
    )?.with;
  }

  rejectsRecovery(target: FaultTarget): boolean {
    return this.#strike("rejectRecovery", ({ filter }) => matches(filter, target)) !== undefined;
  }

  refusesOperation(target: FaultTarget): OperationError | undefined {
    const fault = this.#strike("answerAcks", ({ filter }) => matches(filter, target));
    return fault && { name: fault.error, message: "A scripted fault refused the operation." };
  }

  holdsAck(target: FaultTarget): "swallow" | number | undefined {
    const fault = this.#strike("holdAcks", ({ filter }) => matches(filter, target));
    return fault && ("swallow" in fault ? "swallow" : fault.delayInMs);
  }

  announcesRecovery(target: FaultTarget): boolean {
    return this.#strike("announceRecovery", ({ filter }) => matches(filter, target)) !== undefined;
  }

  replays(target: FaultTarget): number {
    return this.#strike("replayTwice", ({ filter }) => matches(filter, target)) === undefined ? 1 : 2;
  }

  holdsInvocation(target: FaultTarget, event: string): "swallow" | number | undefined {
    const fault = this.#strike(
      "holdInvocations",
      ({ filter, event: wanted = event }) =>
        matches(filter, target) && wanted.toLowerCase() === event.toLowerCase(),
    );
    return fault && ("swallow" in fault ? "swallow" : fault.delayInMs);
  }

  refusesStream(target: FaultTarget, streamId: string): OperationError | undefined {
    const fault = this.#strike("refuseStreams", (limits) => hitsStream(limits, target, streamId));
    return fault && { name: fault.error, message: "A scripted fault refused the stream." };
  }

  nacksFragment(target: FaultTarget, streamId: string, streamSequenceId: number): StreamNackName | undefined {
    const fault = this.#strike(
      "nackFragments",
      (limits) =>
        hitsStream(limits, target, streamId) &&
        (limits.streamSequenceId ?? streamSequenceId) === streamSequenceId,
    );
    return fault && (fault.name ?? "TransientError");
  }

  holdsStreamAck(target: FaultTarget, streamId: string): "swallow" | number | undefined {
    const fault = this.#strike("holdStreamAcks", (limits) => hitsStream(limits, target, streamId));
    return fault && ("swallow" in fault ? "swallow" : fault.delayInMs);
  }

  /** Finds the fault that strikes now and counts it. */
  #strike<Kind extends ScriptedFault["kind"]>(
    kind: Kind,
    fits: (fault: OfKind<Kind>) => boolean,
  ): OfKind<Kind> | undefined {
    for (const entry of this.#entries) {
      const { fault } = entry;
      if (!isKind(fault, kind) || !fits(fault)) continue;
      if (--entry.left === 0) this.#entries = this.#entries.filter((other) => other !== entry);
      return fault;
    }
    return undefined;
  }
}

export function matches(filter: ConnectionFilter | undefined, target: FaultTarget): boolean {
  if (filter === undefined) return true;
  const { hub, connectionId, userId, group } = filter;
  return (
    (hub === undefined || hub.toLowerCase() === target.hub.toLowerCase()) &&
    (connectionId === undefined || connectionId === target.connectionId) &&
    (userId === undefined || userId === target.userId) &&
    (group === undefined || target.groups.has(group))
  );
}

function hitsStream(limits: StreamLimits, target: FaultTarget, streamId: string): boolean {
  return matches(limits.filter, target) && (limits.streamId ?? streamId) === streamId;
}

function isKind<Kind extends ScriptedFault["kind"]>(fault: ScriptedFault, kind: Kind): fault is OfKind<Kind> {
  return fault.kind === kind;
}
