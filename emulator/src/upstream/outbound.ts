import { maxAnswerBytes } from "../service/limits.js";

/** A request that the service sends. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
}

export interface OutboundResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Of one that is too large, a part that is too large too. */
  readonly body: Uint8Array;
}

/** Sends a request; rejects where no answer comes. */
export type Outbound = (request: OutboundRequest) => Promise<OutboundResponse>;

// Taken now: a test that replaces the global later, for the code it tests, doesn't replace the service's.
const { fetch } = globalThis;

/** By Node's own HTTP client. Redirects are answers like any other: they are not followed. */
export const nodeOutbound: Outbound = async ({ method, url, headers, body, signal }) => {
  const response = await fetch(url, {
    method,
    headers,
    signal,
    redirect: "manual",
    ...(body !== undefined && { body: Buffer.from(body) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: await bodyOf(response),
  };
};

/** Reads no more than is needed to see that it is too large. */
async function bodyOf({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    chunks.push(chunk);
    size += (chunk as Uint8Array).length;
    if (size > maxAnswerBytes) break;
  }
  return Buffer.concat(chunks);
}
