import type { Codec } from "./codec.js";
import type { Diagnostics } from "./diagnostics.js";
import type { Environment } from "./environment.js";
import type { Interference } from "./interference.js";
import type { TokenVerifier } from "./token.js";
import type { Upstream } from "./upstream.js";

/** Everything outside the service that it needs, handed in. */
export interface Ports {
  readonly environment: Environment;
  readonly tokens: TokenVerifier;
  /** The subprotocols spoken here. */
  readonly codecs: readonly Codec[];
  readonly upstream: Upstream;
  readonly interference: Interference;
  readonly diagnostics: Diagnostics;
}
