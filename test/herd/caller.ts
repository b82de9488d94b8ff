/** What a caller asks of the world. */
export interface Outlet {
  /** Virtual time in ms. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  after(delayInMs: number, callback: () => void): void;
  /** Knocks at the service's door: to resume the old connection, or for a new one. */
  attempt(kind: AttemptKind): void;
}

export type AttemptKind = "recovery" | "new";

/** A client as far as a herd is concerned: when it knocks, after what. */
export interface Caller {
  /** The connection that stood has ended. */
  dropped(code: number): void;
  /** The last attempt was refused. */
  refused(): void;
  /** The last attempt was let in, and the service doesn't know the connection: 1008. */
  forgotten(): void;
  /** The last attempt was let in for good. */
  welcomed(): void;
}

export type MakeCaller = (outlet: Outlet) => Caller;
