/** How this service is reached. */
export interface Address {
  /** For example `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  /** Host and port by every name that the service knows as its own; the first is the endpoint's. */
  readonly hosts: readonly string[];
}

/** The address of a service that listens at `host` and `port`; `secure`: by HTTPS. */
export function addressOf(host: string, port: number, secure = false): Address {
  const names = [reachable(host), "127.0.0.1", "localhost", "[::1]"];
  return {
    endpoint: `${secure ? "https" : "http"}://${reachable(host)}:${port}`,
    hosts: names.map((name) => `${name.toLowerCase()}:${port}`),
  };
}

/** Whether only this machine can reach a service that listens there. */
export function isLoopback(host: string): boolean {
  return host === "::1" || host.toLowerCase() === "localhost" || /^127(\.\d+){3}$/.test(host);
}

/** Whether a service that listens there is reached by every address of this machine. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** An address to connect to: a wildcard is none. */
function reachable(host: string): string {
  if (isWildcard(host)) return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
