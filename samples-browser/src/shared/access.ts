/** How somebody connects; without a page, for the shared worker too. */
import type { WebPubSubClientOptions } from "web-pubsub-client";

/** Asked for a fresh URL on every new connection. */
export const credentialOf = (name: string) => ({
  async getClientAccessUrl(): Promise<string> {
    const response = await fetch(`/negotiate?name=${encodeURIComponent(name)}`);
    const answer = (await response.json().catch(() => ({}))) as { url?: string; error?: string };
    if (response.ok && answer.url !== undefined) return answer.url;
    throw new Error(`The negotiate server answered ${response.status}: ${answer.error ?? "no URL"}`);
  },
});

/** Pings sooner than by default, so that nobody has to watch a half-open connection for a minute. */
export const clientOptions: WebPubSubClientOptions = {
  keepAliveIntervalInMs: 4_000,
  keepAliveTimeoutInMs: 6_000,
};
