/** Takes the place of the panel where nobody says whether the build is for development or production. */
import type { CoreClient } from "../core/index.js";
import type { DevtoolsOptions } from "./options.js";

export type { DevtoolsOptions } from "./options.js";

let told = false;

/** Says once, in a page, why there is no panel. */
export function mountDevtools(_client: CoreClient, _options?: DevtoolsOptions): () => void {
  if (!told && typeof document !== "undefined") {
    told = true;
    console.warn(
      "web-pubsub-client/devtools: there is no panel, since this build sets neither of the conditions `development` and " +
        "`production`. Set one (esbuild: --conditions=development), or import web-pubsub-client/devtools/always.",
    );
  }
  return () => {};
}
