import type { Environment } from "../service/environment.js";
import type { Outbound, OutboundResponse } from "./outbound.js";
import { PassingError, limited } from "./retry.js";

/** How long a permission is remembered, in milliseconds. */
const rememberedInMs = 60_000;
const limitInMs = 10_000;

/** Asks a URL whether it wants events of this service before any is sent there. */
export class AbuseProtection {
  readonly #environment: Environment;
  readonly #outbound: Outbound;
  /** Host and port of this service, by every name; the first is the one it goes by. */
  readonly #hosts: () => readonly string[];
  readonly #permissions = new Map<string, { readonly asked: Promise<void>; readonly at: number }>();

  constructor(environment: Environment, outbound: Outbound, hosts: () => readonly string[]) {
    this.#environment = environment;
    this.#outbound = outbound;
    this.#hosts = hosts;
  }

  /**
   * Rejects where the URL doesn't want events, or doesn't answer; with `PassingError` if asking again may help.
   * @param stopping ends the question: it may be asked for several events at once, so none of them can end it.
   */
  async check(url: string, stopping: AbortSignal): Promise<void> {
    const now = this.#environment.now();
    const known = this.#permissions.get(url);
    if (known !== undefined && now - known.at < rememberedInMs) return known.asked;
    const asked = this.#ask(url, stopping);
    this.#permissions.set(url, { asked, at: now });
    try {
      await asked;
    } catch (error) {
      // Only a permission is remembered: who refused may have been set right by now.
      if (this.#permissions.get(url)?.asked === asked) this.#permissions.delete(url);
      throw error;
    }
  }

  async #ask(url: string, stopping: AbortSignal): Promise<void> {
    let response = await this.#request("OPTIONS", url, stopping);
    if (response.status === 404) response = await this.#request("GET", url, stopping);
    const { status, headers } = response;
    if (status < 200 || status > 299) {
      const message = `the validation of ${url} was answered with status ${status}`;
      throw status === 408 || status > 499 ? new PassingError(message) : new Error(message);
    }
    const allowed = (headers.get("WebHook-Allowed-Origin") ?? "").split(",");
    const wanted = ["*", ...this.#hosts()];
    if (!allowed.some((origin) => wanted.includes(origin.trim().toLowerCase()))) {
      throw new Error(
        `the validation of ${url} doesn't allow ${this.#hosts()[0] ?? ""} (WebHook-Allowed-Origin: ${allowed.join(",")})`,
      );
    }
  }

  async #request(method: string, url: string, stopping: AbortSignal): Promise<OutboundResponse> {
    const headers = {
      "WebHook-Request-Origin": this.#hosts()[0] ?? "",
      "ce-specversion": "1.0",
      "ce-awpsversion": "1.0",
    };
    return limited(this.#environment, limitInMs, stopping, async (signal) => {
      try {
        return await this.#outbound({ method, url, headers, signal });
      } catch (cause) {
        const message = `${url} could not be validated: ${reason(cause)}`;
        // Who has let the time go by isn't asked again.
        throw signal.aborted ? new Error(message, { cause }) : new PassingError(message, { cause });
      }
    });
  }
}

/** What an HTTP client's error really says: it hides it in its cause. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message || cause.name}` : error.message;
}
