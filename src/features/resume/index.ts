import { defineFeature, type AnyClient } from "../../core/feature.js";
import type { OnRestored } from "../../core/models/options.js";
import { Keeper } from "./keeper.js";
import type { SessionStorage } from "./sessionStore.js";

export type { OnRestored } from "../../core/models/options.js";
export type { SessionStorage } from "./sessionStore.js";

/** Options of `keepOverReload`. */
export interface KeepOverReloadOptions {
  /**
   * Names the session in the storage: a text that isn't empty. It must name the user too, so that who signs in next in
   * the same tab doesn't go on with the session of the one before.
   */
  readonly key: string;
  /** Where the session is kept while no page has it. Default: `sessionStorage`, which each tab has for itself. */
  readonly storage?: SessionStorage | undefined;
  /** As the option of `start`: called with each operation of the page before, unless `start` is given such a function. */
  readonly onRestored?: OnRestored | undefined;
}

const keeper = /* @__PURE__ */ defineFeature("resume", (port) => new Keeper(port));

/**
 * Keeps a client's session over a reload of its page, and over a visit to another page and back. Call it before
 * `start`. The page that goes away saves the session (`client.suspend()`), and `start` of the next one goes on with it:
 * the same connection id, so that no message is missed and nobody sees a leave and a join. `client.stop()` ends the
 * session for good.
 *
 * While no page has it, the session is in `storage`, with what takes over the connection: see SECURITY.md. A later call
 * for the same client takes the place of the earlier one. Does nothing where there is no page, as on a server.
 * @returns a function that ends it; the client goes on
 * @throws TypeError for invalid options
 */
export function keepOverReload(client: AnyClient, options: KeepOverReloadOptions): () => void {
  const { key, storage, onRestored } = check(options);
  const one = keeper(client);
  return typeof document === "undefined" ? () => undefined : one.keep(key, storage, onRestored);
}

function check(options: KeepOverReloadOptions | null | undefined): KeepOverReloadOptions {
  const { key, storage, onRestored } = options ?? ({} as Partial<KeepOverReloadOptions>);
  if (typeof key !== "string" || key === "")
    throw new TypeError("keepOverReload: key must be a text that names the session and its user.");
  const methods = ["getItem", "setItem", "removeItem"] as const;
  if (storage && methods.some((name) => typeof storage[name] !== "function"))
    throw new TypeError(`keepOverReload: storage must have ${methods.join(", ")}.`);
  if (onRestored && typeof onRestored !== "function")
    throw new TypeError("keepOverReload: onRestored must be a function.");
  return { key, storage: storage ?? undefined, onRestored: onRestored ?? undefined };
}
