/** What helps the author of an application to find a mistake. The complete client has it; a `CoreClient` does without. */
import type { UrlSource } from "./credential.js";
import type { Environment } from "./environment/environment.js";
import type { ClientLogger } from "./log.js";

export interface Advice {
  /**
   * Looks for options that a call doesn't know.
   * @param options what was given, which may be anything
   * @param call the method or the option that they belong to; for operations the kind of the message
   * @param owner a wrong name is told once for each
   */
  checkNames(options: unknown, call: string, owner: object): void;
  /** Looks for an event that is nearly one of ours. */
  checkEvent(name: string): void;
  /**
   * Says more of a socket that never opened; empty if nothing is known.
   * @param why the platform's message
   * @param source gave the URL, unless it is that of a recovery
   */
  explain(
    why: string,
    url: string,
    settings: { readonly environment: Environment; readonly logger: ClientLogger },
    source: UrlSource,
  ): string;
}

/** Checks the options of a call; they may be left out. @throws TypeError for what isn't an object */
export function checkNames(
  { advice }: { readonly advice?: Advice | undefined },
  options: object | null | undefined,
  call: string,
  owner: object,
  what = "options",
): void {
  if (typeof (options ?? {}) !== "object") throw new TypeError(`${what} must be an object.`);
  if (options) advice?.checkNames(options, call, owner);
}
