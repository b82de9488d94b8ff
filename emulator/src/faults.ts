import { type ConnectionFilter, type FaultScript, type ScriptedFault, matches } from "./faultScript.js";
import { checkFault } from "./faultValidation.js";
import type { Service } from "./service/service.js";
import type { Session } from "./service/session.js";
import { closeCodes } from "./service/transport.js";

/** A fault that happens at once. Plain JSON like the scripted ones. */
export type ImmediateFault =
  | { readonly kind: "cutTransports"; readonly filter?: ConnectionFilter }
  | { readonly kind: "goHalfOpen"; readonly filter?: ConnectionFilter }
  | { readonly kind: "restartService"; readonly sockets?: "close" | "cut" };

export type Fault = ScriptedFault | ImmediateFault;

/** How often a scripted fault strikes, and whom. */
export interface FaultLimits {
  /** Default: until `reset()`. */
  readonly times?: number;
  /** Default: every connection. */
  readonly filter?: ConnectionFilter;
}

/** Makes the service misbehave in one exact way, for tests of how an application takes it. */
export class Faults {
  readonly #script: FaultScript;
  readonly #service: Service;
  /** Ends what faults hold up: upgrades that hang, transports that are half open. */
  readonly #releases = new Set<() => void>();

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
  restartService(options: { readonly sockets?: "close" | "cut" } = {}): void {
    this.inject({ kind: "restartService", ...options });
  }

  /** Refuses WebSocket upgrades: by an HTTP status, by no answer at all, or by dropping the socket. */
  refuseUpgrades(options: {
    readonly with: number | "hang" | "reset";
    readonly only?: "recovery" | "new";
    readonly times?: number;
  }): void {
    this.inject({ kind: "refuseUpgrades", ...options });
  }

  /** Opens the socket of a recovery, then closes it with 1008: the session is gone. */
  rejectRecovery(limits: FaultLimits = {}): void {
    this.inject({ kind: "rejectRecovery", ...limits });
  }

  /** Recovers without the `connected` message: the first frame is whatever comes next. */
  recoverSilently(limits: FaultLimits = {}): void {
    this.inject({ kind: "recoverSilently", ...limits });
  }

  /** Executes operations, but their acks are lost (`swallow`) or late. */
  holdAcks(options: FaultLimits & ({ readonly swallow: true } | { readonly delayInMs: number })): void {
    this.inject({ kind: "holdAcks", ...options });
  }

  /** Doesn't execute operations; their acks carry an error of this name. Those without ackId are not hit. */
  answerAcks(options: FaultLimits & { readonly error: string }): void {
    this.inject({ kind: "answerAcks", ...options });
  }

  /** On a recovery each message is replayed twice. */
  replayTwice(limits: FaultLimits = {}): void {
    this.inject({ kind: "replayTwice", ...limits });
  }

  /** Puts any fault in force by its plain description. @returns how many connections were hit at once. */
  inject(fault: Fault): number {
    checkFault(fault);
    switch (fault.kind) {
      case "cutTransports":
        return this.#hit(fault.filter, (session) => session.transport?.cut());
      case "goHalfOpen":
        return this.#hit(fault.filter, (session) => {
          const { transport } = session;
          if (transport === undefined) return;
          transport.freeze();
          this.#releases.add(() => transport.cut());
        });
      case "restartService":
        this.#service.endAll(
          "The service restarts.",
          fault.sockets === "cut" ? "cut" : closeCodes.serviceRestart,
        );
        return 0;
      case "refuseUpgrades":
      case "rejectRecovery":
      case "recoverSilently":
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

  /** Keeps something held up until `reset()`. */
  hold(release: () => void): void {
    this.#releases.add(release);
  }

  #hit(filter: ConnectionFilter | undefined, strike: (session: Session) => void): number {
    let count = 0;
    for (const hub of this.#service.hubs) {
      for (const session of [...hub.sessions]) {
        if (session.transport === undefined || !matches(filter, session)) continue;
        strike(session);
        count++;
      }
    }
    return count;
  }
}
