import { setMaxListeners } from "node:events";
import { Admin } from "./admin/admin.js";
import { AdminKey } from "./admin/adminKey.js";
import { type TraceEntry, traceEntry } from "./admin/traceEntry.js";
import { checkString } from "./check.js";
import { nodeEnvironment } from "./environment.js";
import { FaultScript } from "./faultScript.js";
import { Faults } from "./faults.js";
import { type AccessTokenContent, ClientTokens } from "./http/accessToken.js";
import { type Address, addressOf, isLoopback } from "./http/address.js";
import { ClientEndpoint } from "./http/clientEndpoint.js";
import { KeyRing } from "./http/keyRing.js";
import { refuse } from "./http/refusal.js";
import { Requests } from "./http/requests.js";
import { RestTokens } from "./http/rest/restTokens.js";
import { Server, type ServerHandlers } from "./http/server.js";
import { type HubOptions, checkFunction, checkHubs } from "./hubOptions.js";
import { HubHandle } from "./hubHandle.js";
import { type ClientUrlOptions, type EmulatorOptions, checkClientUrl, checkOptions } from "./options.js";
import { randomId } from "./service/environment.js";
import { Service } from "./service/service.js";
import { closeCodes } from "./service/transport.js";
import { AbuseProtection } from "./upstream/abuseProtection.js";
import { Application } from "./upstream/application.js";
import { openHubs } from "./upstream/hubApplications.js";
import { nodeOutbound } from "./upstream/outbound.js";
import { codecs } from "./wire/index.js";

/** How long closing waits for the peers, in milliseconds. */
const closeGraceInMs = 200;

/** Every right on groups: for the URLs of `/negotiate`. */
const everyGroup = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

declare const _absent: unique symbol;
/** Left to the compiler of the program, so that it meets no unknown name if its libraries (`lib`) lack the symbol. */
type AsyncDispose = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : typeof _absent;
/** The key of the method that `await using` calls. */
const ASYNC_DISPOSE: AsyncDispose = Symbol.asyncDispose;

/** A running service. */
export interface Emulator {
  /** For example `http://127.0.0.1:8080`. */
  readonly endpoint: string;
  /** What a server SDK takes. */
  readonly connectionString: string;
  /** Scripted faults, for tests of how an application takes them. */
  readonly faults: Faults;
  /** Where the trace page is; undefined without the option `admin`. */
  readonly adminUrl: string | undefined;
  /** Opens the admin path to other hosts; undefined where only this machine reaches the service, and without `admin`. */
  readonly adminToken: string | undefined;
  /** The certificate in PEM, for those who are to trust it; undefined without the option `https`. */
  readonly certificate: string | undefined;
  /** A WebSocket URL with a fresh token, for a client of the hub. */
  clientAccessUrl(hub: string, options?: ClientUrlOptions): Promise<string>;
  /** One hub from the inside; it exists on demand. */
  hub(name: string): HubHandle;
  /**
   * Replaces the settings of all hubs: handlers, listeners, anonymous access. Connections stay. Rejects on a bad one
   * and changes nothing then.
   */
  setHubs(hubs: Readonly<Record<string, HubOptions>>): Promise<void>;
  /**
   * Calls `listener` for everything that happens on connections. Payloads are shortened, tokens left out.
   * @returns what ends it.
   */
  trace(listener: (entry: TraceEntry) => void): () => void;
  /** Closes every connection and the server. Calling it again waits for the same end. */
  close(): Promise<void>;
  /** Closes it at the end of an `await using` block. */
  [ASYNC_DISPOSE](): Promise<void>;
}

/** Starts a local service. Rejects on a bad option, and where it can't listen. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const {
    port: wantedPort,
    host,
    accessKey,
    secondaryAccessKey,
    recoveryWindowInMs,
    admin: adminWanted,
    adminToken: wantedToken,
    adminOrigins,
    https,
    acceptUnvalidatedEntraTokens: entra,
    negotiate,
    log,
    hubs: wantedHubs,
  } = checkOptions(options);
  let hubs = wantedHubs;
  const isSecure = https !== undefined;
  let address: Address = addressOf(host, wantedPort, isSecure);
  const accessKeys = secondaryAccessKey === undefined ? [accessKey] : [accessKey, secondaryAccessKey];
  const keys = new KeyRing(accessKeys, nodeEnvironment);
  const tokens = new ClientTokens(keys, () => address);
  const stopping = new AbortController();
  // Every webhook on its way listens here: more than ten are no leak.
  setMaxListeners(0, stopping.signal);
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
  const report = (what: string, cause: unknown) => {
    const message = `${what}: ${String(cause)}`;
    log({ level: "warning", hub: "", connectionId: undefined, message, cause });
  };
  const failed = (cause: unknown) => report("The server failed", cause);
  const warn = (message: string) => log({ level: "warning", hub: "", connectionId: undefined, message });
  const clients = new ClientEndpoint(service, script, faults, failed);
  const clientUrl = async (hub: string, content: AccessTokenContent, origin: string) => {
    const token = await tokens.issue(hub, content);
    return `${origin.replace("http", "ws")}/client/hubs/${encodeURIComponent(hub)}?access_token=${token}`;
  };
  const adminToken =
    adminWanted && !isLoopback(host) ? (wantedToken ?? randomId(nodeEnvironment, 32)) : undefined;
  const admin = adminWanted
    ? new Admin(
        { service, faults, now: () => nodeEnvironment.now(), diagnostics: log, origins: adminOrigins },
        adminToken === undefined ? undefined : new AdminKey(adminToken),
      )
    : undefined;
  const requests = new Requests(
    {
      service,
      tokens: new RestTokens(keys, () => address.hosts, entra ? nodeEnvironment : undefined),
      clientTokens: tokens,
      diagnostics: log,
    },
    admin && (async (request, response) => admin.answer(request, response)),
    negotiate
      ? async (hub, userId, caller) =>
          clientUrl(
            hub,
            { userId, roles: everyGroup, groups: [], expiresInMinutes: 60 },
            `${isSecure ? "https" : "http"}://${caller}`,
          )
      : undefined,
  );
  const secured = isSecure ? await (await import("./http/secure.js")).secure(https, host, log) : undefined;
  const handlers: ServerHandlers = {
    request: (request, response) => void requests.answer(request, response),
    upgrade: (request, socket, head) => {
      clients.upgrade(request, socket, head).catch((error: unknown) => {
        failed(error);
        refuse(socket, 500, "The service failed.");
      });
    },
    failed,
    misdirected: () =>
      warn(
        "A client could not connect: it speaks TLS: use http:// and ws://, or start with https (--https).",
      ),
  };
  const server = new Server(handlers, secured?.listening);
  address = addressOf(host, await server.listen(wantedPort, host), isSecure);
  const { endpoint } = address;

  if (!isLoopback(host)) {
    warn(`Listening on ${host}: everyone who reaches this machine can reach the service.`);
  }
  if (entra) {
    warn("Microsoft Entra tokens are accepted without a look at who has signed them: anybody can make one.");
  }

  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      faults.reset();
      admin?.close();
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
    adminUrl: admin && `${endpoint}/admin`,
    adminToken,
    certificate: secured?.cert,
    async clientAccessUrl(hub, urlOptions = {}) {
      const checked = checkClientUrl(hub, urlOptions);
      return clientUrl(hub, { ...checked, userId: urlOptions.userId }, endpoint);
    },
    hub: (name) => new HubHandle(service.hub(checkString("hub", name)), () => nodeEnvironment.now(), log),
    async setHubs(given) {
      const checked = checkHubs(given);
      if (closing !== undefined) throw new Error("The service is closed.");
      const opened = await openHubs(checked, webhooks, nodeEnvironment, log);
      hubs = checked;
      await application.replace(opened);
    },
    trace(listener) {
      checkFunction("listener", listener);
      return service.trace.watch((subject, event) => {
        try {
          listener(traceEntry(subject, event, nodeEnvironment.now()));
        } catch (error) {
          // It must not come between the service and its clients.
          report("A trace listener failed", error);
        }
      });
    },
    close,
    [ASYNC_DISPOSE]: close,
  };
}
