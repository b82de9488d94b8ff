/** A cookie that the answer to `connect` set: later events of the connection take it along. */
export interface HandlerCookie {
  /** Name of the cookie. */
  readonly name: string;
  /** Its value, as it was set. */
  readonly value: string;
  /** Name of the host that set it; only that one gets it back. */
  readonly host: string;
  /** Where it is for: there and below. */
  readonly path: string;
  /** Whether it goes over HTTPS only, or to this machine. */
  readonly secure: boolean;
}
