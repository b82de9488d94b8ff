import { nodeEnvironment } from "./environment.js";
import { FaultScript } from "./faultScript.js";
import { Faults } from "./faults.js";
import { AccessTokens } from "./http/accessToken.js";
import { ClientEndpoint } from "./http/clientEndpoint.js";
import { refuse } from "./http/refusal.js";
import { Server, answerRequest } from "./http/server.js";
import { HubHandle } from "./hubHandle.js";
import { type ClientUrlOptions, type EmulatorOptions, checkClientUrl, checkOptions } from "./options.js";
import { Service } from "./service/service.js";
import { closeCodes } from "./service/transport.js";
import { InProcessUpstream } from "./upstream/inProcess.js";
import { codecs } from "./wire/index.js";

/** How long closing waits for the peers, in milliseconds. */
const closeGraceInMs = 200;

/** A running service. */
export interface Emulator extends AsyncDisposable {
  /** For example `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  /** What a server SDK takes. */
  readonly connectionString: string;
  /** Scripted faults, for tests of how an application takes them. */
  readonly faults: Faults;
  /** A WebSocket URL with a fresh token, for a client of the hub. */
  clientAccessUrl(hub: string, options?: ClientUrlOptions): Promise<string>;
  /** One hub from the inside; it exists on demand. */
  hub(name: string): HubHandle;
  /** Closes every connection and the server. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/** Starts a local service. Rejects on a bad option, and where it can't listen. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const {
    port: wantedPort,
    host,
    accessKey,
    recoveryWindowInMs,
    log,
    hub: hubOptions,
  } = checkOptions(options);
  let port = wantedPort;
  const tokens = new AccessTokens(accessKey, nodeEnvironment, () => ownHosts(host, port));
  const script = new FaultScript();
  const service = new Service(
    {
      environment: nodeEnvironment,
      tokens,
      codecs,
      upstream: new InProcessUpstream((hub) => hubOptions(hub).handlers ?? [], log),
      interference: script,
      diagnostics: log,
    },
    { recoveryWindowInMs, allowsAnonymous: (hub) => hubOptions(hub).anonymous === true },
  );
  const faults = new Faults(script, service);
  const clients = new ClientEndpoint(service, script, faults);
  const failed = (cause: unknown) => {
    log({
      level: "warning",
      hub: "",
      connectionId: undefined,
      message: `The server failed: ${String(cause)}`,
      cause,
    });
  };
  const server = new Server({
    request: answerRequest,
    upgrade: (request, socket, head) => {
      clients.upgrade(request, socket, head).catch((error: unknown) => {
        failed(error);
        refuse(socket, 500, "The service failed.");
      });
    },
    failed,
  });
  port = await server.listen(wantedPort, host);
  const authority = `${reachable(host)}:${port}`;
  const endpoint = `http://${authority}`;

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      faults.reset();
      service.endAll("The service is stopping.", closeCodes.goingAway);
      clients.close();
      await server.close(closeGraceInMs);
    })();
    return closing;
  };

  return {
    endpoint,
    connectionString: `Endpoint=${endpoint};AccessKey=${accessKey};Version=1.0;`,
    faults,
    async clientAccessUrl(hub, urlOptions = {}) {
      const checked = checkClientUrl(hub, urlOptions);
      const path = `/client/hubs/${encodeURIComponent(hub)}`;
      const audience = `${endpoint}${path}`;
      const token = await tokens.sign({ ...checked, userId: urlOptions.userId, audience });
      return `ws://${authority}${path}?access_token=${token}`;
    },
    hub: (name) => new HubHandle(service.hub(name)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** An address to connect to: a wildcard is none. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}

function ownHosts(host: string, port: number): string[] {
  return [reachable(host), "127.0.0.1", "localhost", "[::1]"].map((name) => `${name.toLowerCase()}:${port}`);
}
