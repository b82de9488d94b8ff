import type { Environment } from "../../core/environment/environment.js";
import { toError } from "../../core/errors.js";
import { deferred } from "../../core/util/deferred.js";
import { Timer } from "../../core/util/timer.js";
import { listenToPage } from "./pageLife.js";
import { TABS_VERSION, type FromPage, type FromWorker, type MessagePortLike } from "./portMessages.js";
import { awaitLock, holdLock } from "./pageLock.js";

/** How long a worker may take to answer, in ms: its script may have to be loaded first. */
const HANDSHAKE = 5_000;

/** What is used of a `SharedWorker`. */
export interface SharedWorkerLike {
  /** The page's end of its line to the worker. */
  readonly port: MessagePortLike;
  /** Called when the worker's script can't be loaded. */
  onerror: ((event: never) => void) | null;
}

/** Gives the client access URL that the worker asks this page for. */
export type AnswerUrl = () => Promise<string>;

/** What the owner of a port is told. */
export interface WorkerPortOwner {
  onMessage(message: FromWorker): void;
  /** The page was frozen or hidden, and is back: the port is closed. */
  onBack(): void;
}

/** A page's port to the worker, from the hand-shake on. */
export class WorkerPort {
  /** Undefined: a socket doesn't use it yet. */
  owner: WorkerPortOwner | undefined;
  readonly #port: MessagePortLike;
  readonly #answerUrl: AnswerUrl;
  #isClosed = false;
  #unlisten: () => void = () => undefined;
  #unlock: () => void = () => undefined;
  /** Ends the waiting for the worker's end. */
  #unwatch: () => void = () => undefined;

  /** @throws Error that says why there is no worker to use; what `makeWorker` throws */
  static async open(
    makeWorker: () => SharedWorkerLike,
    environment: Environment,
    answerUrl: AnswerUrl,
  ): Promise<WorkerPort> {
    const worker = makeWorker();
    const welcome = deferred<Extract<FromWorker, { type: "welcome" }>>();
    const timer = new Timer(environment);
    timer.after(HANDSHAKE, () =>
      welcome.reject(new Error(`The worker has not answered in ${HANDSHAKE} ms.`)),
    );
    worker.onerror = () =>
      welcome.reject(new Error("The worker's script could not be loaded, or has failed."));
    const { port } = worker;
    port.onmessage = ({ data }: { data: FromWorker }) => {
      if (typeof data === "object" && data.type === "welcome") welcome.resolve(data);
    };
    const hello: FromPage = { type: "hello", version: TABS_VERSION };
    port.postMessage(hello);
    try {
      const { lock, version } = await welcome.promise;
      if (version === TABS_VERSION) return new WorkerPort(port, lock, answerUrl);
      throw new Error("The worker runs another version of web-pubsub-client.");
    } catch (thrown) {
      port.close();
      throw toError(thrown);
    } finally {
      timer.clear();
      worker.onerror = null;
    }
  }

  private constructor(port: MessagePortLike, lock: string, answerUrl: AnswerUrl) {
    this.#port = port;
    this.#answerUrl = answerUrl;
    port.onmessage = ({ data }: { data: FromWorker }) => this.#received(data);
    this.#unlisten = listenToPage(
      () => this.#leave(),
      () => this.owner?.onBack(),
    );
    this.#unlock = holdLock(lock, () => this.post({ type: "locked" }));
  }

  post(message: FromPage): void {
    if (!this.#isClosed) this.#port.postMessage(message);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @param last said first */
  close(last: FromPage): void {
    this.#leave(last);
    this.#unlisten();
  }

  /** Its listeners stay: the page may come back. */
  #leave(last: FromPage = { type: "gone" }): void {
    this.post(last);
    this.#isClosed = true;
    this.#port.onmessage = null;
    this.#port.close();
    this.#unlock();
    this.#unwatch();
  }

  #workerEnded(): void {
    if (this.#isClosed) return;
    this.#leave();
    this.owner?.onMessage({ type: "close", code: undefined, reason: "The worker has ended." });
  }

  #received(message: FromWorker): void {
    if (typeof message === "string") return this.owner?.onMessage(message);
    if (message.type === "probe") return this.post({ type: "alive" });
    if (message.type === "locked") {
      this.#unwatch = awaitLock(message.lock, () => this.#workerEnded());
      return;
    }
    if (message.type !== "getUrl") return this.owner?.onMessage(message);
    const { id } = message;
    this.#answerUrl().then(
      (url) => this.post({ type: "url", id, url }),
      (thrown: unknown) => this.post({ type: "url", id, error: toError(thrown).message }),
    );
  }
}
