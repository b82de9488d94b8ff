import {
  type ConnectionFilter,
  type FaultScript,
  type FragmentLimits,
  type Hold,
  type InvocationLimits,
  type ScriptedFault,
  type StreamLimits,
  matches,
} from "./faultScript.js";
import { checkFault } from "./faultValidation.js";
import type { Service } from "./service/service.js";
import type { Session } from "./service/session.js";
import { closeCodes } from "./service/transport.js";

/** A fault that happens at once. Plain JSON like the scripted ones. */
export type ImmediateFault =
  | {
      readonly kind: "cutTransports";
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "goHalfOpen";
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "renewTokens";
      /** Default: every connection. */
      readonly filter?: ConnectionFilter;
    }
  | {
      readonly kind: "restartService";
      /** `close` (default) with 1012, or `cut` without a close frame. */
      readonly sockets?: "close" | "cut";
    }
  | ({
      readonly kind: "closeStreams";
      /** Name of the error. */
      readonly error: string;
      /** Words for the publisher. Default: none. */
      readonly message?: string;
    } & StreamLimits);
/** Any fault by its plain description. */
export type Fault = ScriptedFault | ImmediateFault;

/** How often a scripted fault strikes. */
interface Times {
  /** Default: until `reset()`. */
  readonly times?: number;
}

/** How often a scripted fault strikes, and whom. */
export interface FaultLimits extends Times {
  /** Default: every connection. */
  readonly filter?: ConnectionFilter;
}

const anyone = () => true;

/** Makes the service misbehave in one exact way, for tests of how an application takes it. */
export class Faults {
  readonly #script: FaultScript;
  readonly #service: Service;
  /** Ends what faults hold up: upgrades that hang, transports that are half open. */
  readonly #releases = new Set<() => void>();

  /** @internal */
  constructor(script: FaultScript, service: Service) {
    this.#script = script;
    this.#service = service;
  }

  /** The scripted faults still in force; `times` is what is left. */
  get active(): readonly ScriptedFault[] {
    return this.#script.active;
  }

  /**
   * Drops the TCP sockets without a close frame. Reliable sessions can be recovered.
   * @returns how many were dropped.
   */
  cutTransports(filter?: ConnectionFilter): number {
    return this.inject({ kind: "cutTransports", ...(filter && { filter }) });
  }

  /**
   * The sockets stay up, but nothing is read from them and nothing sent any more, not even a pong or a close frame.
   * @returns how many were hit.
   */
  goHalfOpen(filter?: ConnectionFilter): number {
    return this.inject({ kind: "goHalfOpen", ...(filter && { filter }) });
  }

  /**
   * Everything that the service knew of its connections is gone, as after a restart.
   * @param options `sockets`: `close` (default) with 1012, or `cut` without a close frame.
   */
  restartService(
    options: {
      /** `close` (default) with 1012, or `cut` without a close frame. */
      readonly sockets?: "close" | "cut";
    } = {},
  ): void {
    this.inject({ kind: "restartService", ...options });
  }

  /**
   * Refuses WebSocket upgrades: by an HTTP status, by no answer at all, or by dropping the socket.
   * @param options with `filter` only the recoveries of connections to which it applies
   */
  refuseUpgrades(
    options: FaultLimits & {
      /** An HTTP status; `hang`: no answer at all; `reset`: the socket is dropped. */
      readonly with: number | "hang" | "reset";
      /** Default: both. */
      readonly only?: "recovery" | "new";
    },
  ): void {
    this.inject({ kind: "refuseUpgrades", ...options });
  }

  /** Opens the socket of a recovery, then closes it with 1008: the session is gone. */
  rejectRecovery(limits: FaultLimits = {}): void {
    this.inject({ kind: "rejectRecovery", ...limits });
  }

  /** A recovery says `connected`, with a new reconnection token. By itself it says nothing: replay comes first. */
  announceRecovery(limits: FaultLimits = {}): void {
    this.inject({ kind: "announceRecovery", ...limits });
  }

  /**
   * Gives open reliable connections a newer reconnection token by another `connected` message, as the cloud may do
   * in mid-connection. Earlier tokens stay valid.
   * @returns how many got one.
   */
  renewTokens(filter?: ConnectionFilter): number {
    return this.inject({ kind: "renewTokens", ...(filter && { filter }) });
  }

  /** Executes operations, but their acks are lost (`swallow`) or late. */
  holdAcks(
    options: FaultLimits &
      (
        | {
            /** The acks are lost. */
            readonly swallow: true;
          }
        | {
            /** How late the acks are, in milliseconds. */
            readonly delayInMs: number;
          }
      ),
  ): void {
    this.inject({ kind: "holdAcks", ...options });
  }

  /** Doesn't execute operations; their acks carry an error of this name. Those without ackId are not hit. */
  answerAcks(
    options: FaultLimits & {
      /** Name of the error, such as `InternalServerError`. */
      readonly error: string;
    },
  ): void {
    this.inject({ kind: "answerAcks", ...options });
  }

  /** On a recovery each message is replayed twice. */
  replayTwice(limits: FaultLimits = {}): void {
    this.inject({ kind: "replayTwice", ...limits });
  }

  /** Handlers get the invocations, but their answers are lost (`swallow`) or late. */
  holdInvocations(options: Times & InvocationLimits & Hold): void {
    this.inject({ kind: "holdInvocations", ...options });
  }

  /** Streams are not opened: their publishers get this error. */
  refuseStreams(
    options: Times &
      StreamLimits & {
        /** Name of the error. */
        readonly error: string;
      },
  ): void {
    this.inject({ kind: "refuseStreams", ...options });
  }

  /** Doesn't take fragments of streams: the publisher must send them again. */
  nackFragments(options: Times & FragmentLimits = {}): void {
    this.inject({ kind: "nackFragments", ...options });
  }

  /**
   * Stream acks are lost (`swallow`) or late; that a stream is open is told by one too. A late ack acknowledges
   * everything that was taken by then.
   */
  holdStreamAcks(options: Times & StreamLimits & Hold): void {
    this.inject({ kind: "holdStreamAcks", ...options });
  }

  /**
   * Closes open streams with an error. Publishers get it as it is, subscribers as far as its name is one of theirs,
   * else as `Cancelled`.
   * @returns how many connections had such a stream.
   */
  closeStreams(
    options: StreamLimits & {
      /** Name of the error. */
      readonly error: string;
      /** Words for the publisher. Default: none. */
      readonly message?: string;
    },
  ): number {
    return this.inject({ kind: "closeStreams", ...options });
  }

  /** Puts any fault in force by its plain description. @returns how many connections were hit at once. */
  inject(fault: Fault): number {
    checkFault(fault);
    switch (fault.kind) {
      case "cutTransports":
        return this.#hit(fault.filter, anyone, (session) => session.transport?.cut());
      case "goHalfOpen":
        return this.#hit(fault.filter, anyone, (session) => {
          const { transport } = session;
          if (transport === undefined) return;
          transport.freeze();
          this.#releases.add(() => transport.cut());
        });
      case "renewTokens":
        return this.#hit(
          fault.filter,
          (session) => session.buffer !== undefined,
          (session) => session.announce(),
        );
      case "restartService":
        this.#service.endAll(
          "The service restarts.",
          fault.sockets === "cut" ? "cut" : closeCodes.serviceRestart,
        );
        return 0;
      case "closeStreams":
        return this.#closeStreams(fault);
      case "holdInvocations":
      case "refuseStreams":
      case "nackFragments":
      case "holdStreamAcks":
      case "refuseUpgrades":
      case "rejectRecovery":
      case "announceRecovery":
      case "holdAcks":
      case "answerAcks":
      case "replayTwice":
        this.#script.add(fault);
        return 0;
    }
  }

  /** Removes all faults. Upgrades that hang and sockets that are half open are dropped: they can't be mended. */
  reset(): void {
    this.#script.clear();
    for (const release of this.#releases) release();
    this.#releases.clear();
  }

  /**
   * Keeps something held up until `reset()`.
   * @internal
   */
  hold(release: () => void): void {
    this.#releases.add(release);
  }

  /** Also those of connections that wait for their recovery. */
  #closeStreams(fault: Extract<Fault, { readonly kind: "closeStreams" }>): number {
    const { error: name, message = "A scripted fault closed the stream.", streamId, filter } = fault;
    let count = 0;
    for (const hub of this.#service.hubs) {
      for (const session of [...hub.sessions]) {
        if (!matches(filter, session)) continue;
        if (this.#service.closeStreams(session, { name, message }, streamId) > 0) count++;
      }
    }
    return count;
  }

  #hit(
    filter: ConnectionFilter | undefined,
    suits: (session: Session) => boolean,
    strike: (session: Session) => void,
  ): number {
    let count = 0;
    for (const hub of this.#service.hubs) {
      for (const session of [...hub.sessions]) {
        if (session.transport === undefined || !suits(session) || !matches(filter, session)) continue;
        strike(session);
        count++;
      }
    }
    return count;
  }
}
