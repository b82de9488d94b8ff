import { toUrlSource, type WebPubSubClientCredential } from "../../core/credential.js";
import { createEnvironment } from "../../core/environment/default.js";
import type { Environment, WebSocketLike } from "../../core/environment/environment.js";
import { toError } from "../../core/errors.js";
import type { GetClientAccessUrlOptions, WebPubSubClientOptions } from "../../core/models/options.js";
import { report } from "../../core/util/report.js";
import { PortSocket } from "./portSocket.js";
import { WorkerPort, type SharedWorkerLike } from "./workerPort.js";

/** The URL of connections through the worker; no such host exists (RFC 2606). */
const WORKER_URL = "wss://shared-worker.invalid/client/hubs/tabs";
const SUBPROTOCOL = "json.reliable.webpubsub.azure.v1";
/** The worker lets an attempt wait until its own connection works again. */
const CONNECT_TIMEOUT = 30_000;

/** Options of `throughWorker`. */
export interface ThroughWorkerOptions {
  /**
   * How the page connects where it can't use the worker. `serveTabs` asks for its URLs too, if it is to ask a page.
   * Default: none; then a start without a worker rejects.
   */
  fallback?: string | WebPubSubClientCredential | undefined;
  /**
   * The options of this page's client. The protocol must be `WebPubSubJsonReliableProtocol()`, the default;
   * `connectTimeoutInMs` is 30,000 by default, since an attempt waits for the worker's connection.
   */
  options?: WebPubSubClientOptions | undefined;
}

/**
 * Returns the arguments for the constructor of a client that shares the connection of a `SharedWorker` with other pages:
 * `new WebPubSubClient(...throughWorker(makeWorker, { fallback }))`. The worker's script calls `serveTabs`.
 *
 * Each attempt to connect asks the worker. Where the browser has no `SharedWorker`, or the worker can't be loaded,
 * doesn't answer within 5 s, or runs another version of this library, the page has a connection of its own by `fallback`.
 * @param makeWorker makes the worker, always of the same script and name
 * @throws TypeError for invalid arguments
 */
export function throughWorker(
  makeWorker: () => SharedWorkerLike,
  { fallback, options = {} }: ThroughWorkerOptions = {},
): [WebPubSubClientCredential, WebPubSubClientOptions] {
  if (typeof makeWorker !== "function")
    throw new TypeError("throughWorker: the first argument must be a function that makes a SharedWorker.");
  const { protocol } = options;
  if (protocol !== undefined && protocol.name !== SUBPROTOCOL)
    throw new TypeError(
      `throughWorker: pages speak ${SUBPROTOCOL} with the worker; only the worker's client may use ${protocol.name}.`,
    );
  const page = new Page(makeWorker, fallback, options);
  const credential = { getClientAccessUrl: (given?: GetClientAccessUrlOptions) => page.getUrl(given) };
  return [
    credential,
    {
      ...options,
      connectTimeoutInMs: options.connectTimeoutInMs ?? CONNECT_TIMEOUT,
      environment: page.environment,
    },
  ];
}

/** Connects one client, through the worker or by the fallback. */
class Page {
  /** The client's, with sockets over ports. */
  readonly environment: Environment;
  readonly #makeWorker: () => SharedWorkerLike;
  readonly #fallback: ReturnType<typeof toUrlSource> | undefined;
  readonly #options: WebPubSubClientOptions;
  /** The port for the next socket. */
  #next: WorkerPort | undefined;
  /** That of the last socket. */
  #port: WorkerPort | undefined;
  #hasTold = false;

  constructor(
    makeWorker: () => SharedWorkerLike,
    fallback: string | WebPubSubClientCredential | undefined,
    options: WebPubSubClientOptions,
  ) {
    this.#makeWorker = makeWorker;
    this.#fallback = fallback === undefined ? undefined : toUrlSource(fallback);
    this.#options = options;
    const base = createEnvironment(options.environment, options.webSocket);
    this.environment = {
      ...base,
      createWebSocket: (url, protocol) =>
        url.startsWith(WORKER_URL) ? this.#openSocket(url) : base.createWebSocket(url, protocol),
      onWake: (listener) =>
        base.onWake(() => {
          this.#port?.post({ type: "wake" });
          listener();
        }),
    };
  }

  async getUrl(options: GetClientAccessUrlOptions = {}): Promise<string> {
    const { abortSignal } = options;
    let port: WorkerPort;
    try {
      port = await this.#connect();
    } catch (thrown) {
      return this.#withoutWorker(toError(thrown), options);
    }
    const unused = (): void => {
      if (this.#next === port) this.#next = undefined;
      if (port.owner === undefined) port.close({ type: "gone" });
    };
    this.#next?.close({ type: "gone" });
    this.#next = port;
    if (abortSignal?.aborted) unused();
    else abortSignal?.addEventListener("abort", unused);
    return WORKER_URL;
  }

  #openSocket(url: string): WebSocketLike {
    const opening = this.#next === undefined ? this.#connect() : Promise.resolve(this.#next);
    this.#next = undefined;
    // A failure is the socket's to tell.
    opening.then((port) => (this.#port = port)).catch(() => undefined);
    return new PortSocket(url, opening);
  }

  #connect(): Promise<WorkerPort> {
    return WorkerPort.open(this.#makeWorker, this.environment, async () => {
      if (this.#fallback !== undefined) return this.#fallback({});
      throw new Error("throughWorker was given no fallback, so the page can't give a client access URL.");
    });
  }

  #withoutWorker(cause: Error, options: GetClientAccessUrlOptions): Promise<string> {
    if (this.#fallback === undefined)
      throw new Error(`There is no worker to connect through, and no fallback: ${cause.message}`, { cause });
    const words = `This page has a connection of its own: ${cause.message}`;
    if (!this.#hasTold) {
      this.#hasTold = true;
      this.#options.logger?.info(words);
      // Some browsers have no shared workers; a worker that fails is the application's to mend.
      if ("SharedWorker" in globalThis) report(words);
    }
    return this.#fallback(options);
  }
}
