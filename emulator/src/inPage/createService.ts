import { type TraceEntry, traceEntry } from "../admin/traceEntry.js";
import { checkNumber, checkObject, checkString, optional } from "../check.js";
import { FaultScript } from "../faultScript.js";
import { Faults } from "../faults.js";
import { ClientTokens } from "../http/accessToken.js";
import { HubHandle } from "../hubHandle.js";
import { checkFunction } from "../hubOptions.js";
import { type ClientUrlOptions, checkClientUrl, loggingTo, maxTimerInMs } from "../options.js";
import type { Diagnostic } from "../service/diagnostics.js";
import { Service } from "../service/service.js";
import { closeCodes } from "../service/transport.js";
import { Application } from "../upstream/application.js";
import { codecs } from "../wire/index.js";
import { Door } from "./door.js";
import { pageEnvironment } from "./environment.js";
import { PageKeys } from "./pageKeys.js";
import { type PageHubOptions, checkPageHubs, openPageHubs } from "./pageHubs.js";
import { PageSocket } from "./pageSocket.js";
import type { PageWebSocketClass } from "./webSocketClass.js";

/** A name that no network knows: a socket that isn't one of the service's can't reach anything by mistake. */
const host = "web-pubsub.invalid";

/** Options of `createService`. All may be left out. */
export interface PageServiceOptions {
  /** Settings by hub name, in any case. Hubs not listed exist on demand. */
  readonly hubs?: Readonly<Record<string, PageHubOptions>>;
  /** How long a dropped reliable connection can be recovered, in milliseconds. Default: 30,000. */
  readonly recoveryWindowInMs?: number;
  /** Gets warnings: failed handlers, skipped messages. Default: `console.warn`, one line each. */
  readonly log?: (diagnostic: Diagnostic) => void;
}

/** A service in the page, or in the test. */
export interface PageService {
  /**
   * A class of WebSockets that reach this service and nothing else, for the client's option `webSocket`, or in place of
   * the global `WebSocket`. They need no network and no timers: what is sent arrives as soon as the code that runs has
   * come to its end, also while a test has stopped the clock.
   */
  readonly webSocket: PageWebSocketClass;
  /** Scripted faults, for tests of how an application takes them. */
  readonly faults: Faults;
  /** A WebSocket URL with a fresh token, for a client of the hub. Its token isn't signed: only this service takes it. */
  clientAccessUrl(hub: string, options?: ClientUrlOptions): Promise<string>;
  /** One hub from the inside; it exists on demand. */
  hub(name: string): HubHandle;
  /** Replaces the settings of all hubs: handlers, listeners, anonymous access. Connections stay. Throws on a bad one. */
  setHubs(hubs: Readonly<Record<string, PageHubOptions>>): void;
  /**
   * Calls `listener` for everything that happens on connections. Payloads are shortened, tokens left out.
   * @returns what ends it.
   */
  trace(listener: (entry: TraceEntry) => void): () => void;
  /** Closes every connection, and lets nobody in any more. */
  close(): void;
}

/**
 * Makes a service without sockets, for a page or a test: what `startEmulator` has behind its network, with functions
 * as event handlers and listeners. Throws on a bad option.
 */
export function createService(options: PageServiceOptions = {}): PageService {
  checkObject("options", options, ["hubs", "recoveryWindowInMs", "log"]);
  const log = loggingTo(
    optional(options.log, (value) => checkFunction("log", value) as (entry: Diagnostic) => void),
  );
  const recoveryWindowInMs = optional(options.recoveryWindowInMs, (value) =>
    checkNumber("recoveryWindowInMs", value, 0, maxTimerInMs),
  );
  const environment = pageEnvironment;
  let hubs = checkPageHubs(options.hubs);
  const tokens = new ClientTokens(new PageKeys(environment), () => ({
    endpoint: `https://${host}`,
    hosts: [host],
  }));
  const application = new Application(openPageHubs(hubs, environment, log), log);
  const script = new FaultScript();
  const service = new Service(
    { environment, tokens, codecs, upstream: application, interference: script, diagnostics: log },
    { recoveryWindowInMs, allowsAnonymous: (hub) => hubs.get(hub.toLowerCase())?.anonymous === true },
  );
  const faults = new Faults(script, service);
  const report = (what: string, cause: unknown) => {
    const message = `${what}: ${String(cause)}`;
    log({ level: "warning", hub: "", connectionId: undefined, message, cause });
  };
  const door = new Door({ service, script, faults, diagnostics: log, host });
  const ports = {
    door,
    failed: (cause: unknown) => report("The service failed", cause),
    setTimer: (callback: () => void, delayInMs: number) => void environment.setTimer(callback, delayInMs),
  };

  return {
    webSocket: class WebSocket extends PageSocket {
      constructor(url: string | URL, protocols?: string | readonly string[]) {
        super(ports, url, protocols);
      }
    },
    faults,
    async clientAccessUrl(hub, urlOptions = {}) {
      const checked = checkClientUrl(hub, urlOptions);
      const token = await tokens.issue(hub, { ...checked, userId: urlOptions.userId });
      return `wss://${host}/client/hubs/${encodeURIComponent(hub)}?access_token=${token}`;
    },
    hub: (name) => new HubHandle(service.hub(checkString("hub", name)), () => environment.now(), log),
    setHubs(given) {
      hubs = checkPageHubs(given);
      void application.replace(openPageHubs(hubs, environment, log));
    },
    trace(listener) {
      checkFunction("listener", listener);
      return service.trace.watch((subject, event) => {
        try {
          listener(traceEntry(subject, event, environment.now()));
        } catch (error) {
          // It must not come between the service and its clients.
          report("A trace listener failed", error);
        }
      });
    },
    close() {
      faults.reset();
      door.close();
      service.endAll("The service is stopping.", closeCodes.goingAway);
    },
  };
}
