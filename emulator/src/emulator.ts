import { nodeEnvironment } from "./environment.js";
import { FaultScript } from "./faultScript.js";
import { Faults } from "./faults.js";
import { ClientTokens } from "./http/accessToken.js";
import { type Address, addressOf, isLoopback } from "./http/address.js";
import { ClientEndpoint } from "./http/clientEndpoint.js";
import { KeyRing } from "./http/keyRing.js";
import { refuse } from "./http/refusal.js";
import { Requests } from "./http/requests.js";
import { RestTokens } from "./http/rest/restTokens.js";
import { Server } from "./http/server.js";
import { HubHandle } from "./hubHandle.js";
import { type ClientUrlOptions, type EmulatorOptions, checkClientUrl, checkOptions } from "./options.js";
import { Service } from "./service/service.js";
import { closeCodes } from "./service/transport.js";
import { AbuseProtection } from "./upstream/abuseProtection.js";
import { Application } from "./upstream/application.js";
import { openHubs } from "./upstream/hubApplications.js";
import { nodeOutbound } from "./upstream/outbound.js";
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
    secondaryAccessKey,
    recoveryWindowInMs,
    log,
    hubs,
  } = checkOptions(options);
  let address: Address = addressOf(host, wantedPort);
  const accessKeys = secondaryAccessKey === undefined ? [accessKey] : [accessKey, secondaryAccessKey];
  const keys = new KeyRing(accessKeys, nodeEnvironment);
  const tokens = new ClientTokens(keys, () => address);
  const stopping = new AbortController();
  const webhooks = {
    environment: nodeEnvironment,
    outbound: nodeOutbound,
    protection: new AbuseProtection(nodeEnvironment, nodeOutbound, () => address.hosts),
    host: () => address.hosts[0] ?? "",
    accessKeys,
    stopping: stopping.signal,
  };
  const application = new Application(await openHubs(hubs, webhooks, nodeEnvironment, log), log);
  const script = new FaultScript();
  const service = new Service(
    {
      environment: nodeEnvironment,
      tokens,
      codecs,
      upstream: application,
      interference: script,
      diagnostics: log,
    },
    { recoveryWindowInMs, allowsAnonymous: (hub) => hubs.get(hub.toLowerCase())?.anonymous === true },
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
  const requests = new Requests({
    service,
    tokens: new RestTokens(keys, () => address.hosts),
    clientTokens: tokens,
    diagnostics: log,
  });
  const server = new Server({
    request: (request, response) => void requests.answer(request, response),
    upgrade: (request, socket, head) => {
      clients.upgrade(request, socket, head).catch((error: unknown) => {
        failed(error);
        refuse(socket, 500, "The service failed.");
      });
    },
    failed,
  });
  address = addressOf(host, await server.listen(wantedPort, host));
  const { endpoint } = address;

  if (!isLoopback(host)) {
    const message = `Listening on ${host}: everyone who reaches this machine can reach the service.`;
    log({ level: "warning", hub: "", connectionId: undefined, message });
  }

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      faults.reset();
      service.endAll("The service is stopping.", closeCodes.goingAway);
      clients.close();
      await Promise.all([server.close(closeGraceInMs), application.close()]);
      stopping.abort(new Error("the service is stopping"));
    })();
    return closing;
  };

  return {
    endpoint,
    connectionString: `Endpoint=${endpoint};AccessKey=${accessKey};Version=1.0;`,
    faults,
    async clientAccessUrl(hub, urlOptions = {}) {
      const checked = checkClientUrl(hub, urlOptions);
      const token = await tokens.issue(hub, { ...checked, userId: urlOptions.userId });
      const url = `${endpoint.replace("http", "ws")}/client/hubs/${encodeURIComponent(hub)}`;
      return `${url}?access_token=${token}`;
    },
    hub: (name) => new HubHandle(service.hub(name)),
    close,
    [Symbol.asyncDispose]: close,
  };
}
