import type { Json } from "../oracles/model.js";
import type { Backend } from "./backend.js";
import type { Clock } from "./clock.js";
import type { Wire } from "./wire.js";

/** What backend, wires and environments need of the world that they are in. */
export interface Surroundings {
  readonly plan: { readonly seed: number; readonly announces?: boolean };
  readonly clock: Clock;
  readonly backend: Backend;
  /** Clients that the model looks into: who has sent what. */
  readonly actors: readonly {
    readonly user: string;
    readonly isStale: boolean;
    readonly program: { readonly numbered: { has(op: number): boolean } };
    readonly streams: { readonly sent: readonly { readonly streamId: string }[] };
  }[];
  /** Whether an operation may be executed again on the connection on which it was; left out: no. */
  mayRepeat?(key: string): boolean;
  failed(reason: string): void;
  trace(who: string, line: () => string): void;
}

/** What a wire needs of the one whose client has opened it. */
export interface WireUser {
  readonly name: string;
  readonly index: number;
  readonly plan: {
    readonly browser: boolean;
    readonly protobuf?: boolean;
    readonly latency: readonly [low: number, high: number];
  };
  readonly client: { readonly state: string };
  /** Its application wants to be connected. */
  readonly program: { readonly wanted: boolean };
  readonly timeIsWrong: boolean;
  readonly sendIsBroken: boolean;
  /** Calls back as soon as its machine runs. */
  soon(callback: () => void): void;
  /** A frame is about to reach it. */
  receives(wire: Wire, message: Json, data: string | ArrayBuffer): void;
}
