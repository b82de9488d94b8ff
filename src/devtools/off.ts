/** Takes the place of the panel in bundles for production. */
import type { CoreClient } from "../core/index.js";
import type { DevtoolsOptions } from "./options.js";

export type { DevtoolsOptions } from "./options.js";

/** Does nothing: the panel isn't a part of this build. */
export function mountDevtools(_client: CoreClient, _options?: DevtoolsOptions): () => void {
  return () => {};
}
