import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { RawData, WebSocket, WebSocketServer } from "ws";
import type { Faults } from "../faults.js";
import type { FaultScript } from "../faultScript.js";
import { type ConnectRequest, recoveryTicket } from "../service/admission.js";
import { frameTooLarge, maxFrameBytes } from "../service/limits.js";
import { hubOf, wrongPath } from "../service/clientUrl.js";
import type { Service } from "../service/service.js";
import type { Link } from "../service/transport.js";
import { KeepAlive } from "./keepAlive.js";
import { refuse } from "./refusal.js";
import { SocketTransport } from "./socketTransport.js";

/** Most upgrades that may wait at once for their token to be checked and a `connect` handler to answer. */
const maxPendingUpgrades = 2_000;

/** Where clients come in: from the HTTP upgrade to the service's link. */
export class ClientEndpoint {
  readonly #service: Service;
  readonly #script: FaultScript;
  readonly #faults: Faults;
  readonly #failed: (error: unknown) => void;
  readonly #keepAlive = new KeepAlive();
  #closed = false;
  /** Upgrades that wait for their admission. */
  #pending = 0;
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();
  /** Made with the first client: a service that starts has none yet. */
  #webSockets: Promise<WebSocketServer> | undefined;

  /** @param failed hears of what should not have happened: it ends one connection, not the service. */
  constructor(service: Service, script: FaultScript, faults: Faults, failed: (error: unknown) => void) {
    this.#service = service;
    this.#script = script;
    this.#faults = faults;
    this.#failed = failed;
  }

  /** Takes an HTTP upgrade. Never rejects. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Clients vanish at any moment; whoever needs to know listens for `close`.
    socket.on("error", () => socket.destroy());
    const connect = readRequest(request);
    if ("status" in connect) {
      this.#service.tellRefusal("", connect.status, connect.message);
      return refuse(socket, connect.status, connect.message);
    }

    const ticket = recoveryTicket(connect.query);
    const fault = this.#script.refusesUpgrade(
      ticket === undefined ? "new" : "recovery",
      ticket && this.#service.session(connect.hub, ticket.connectionId),
    );
    if (fault !== undefined) this.#service.showRefusal(connect.hub, `A scripted fault: ${fault}.`);
    if (fault === "hang") return this.#faults.hold(() => socket.destroy());
    if (fault === "reset") return void socket.destroy();
    if (fault !== undefined) return refuse(socket, fault, "A scripted fault refused the upgrade.");

    if (this.#pending >= maxPendingUpgrades) {
      const message = `${maxPendingUpgrades} upgrades are waiting already.`;
      this.#service.tellRefusal(connect.hub, 503, message);
      return refuse(socket, 503, message);
    }
    this.#pending++;
    const [admission, webSockets] = await Promise.all([
      this.#service.admit(connect),
      (this.#webSockets ??= this.#load()),
    ]).finally(() => this.#pending--);
    if (this.#closed) return refuse(socket, 503, "The service is stopping.");
    if (admission.kind === "refused") return refuse(socket, admission.status, admission.message);
    if (admission.subprotocol !== undefined) this.#subprotocols.set(request, admission.subprotocol);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const transport = new SocketTransport(webSocket, socket);
      // The listeners come first: opening may already close the socket.
      const pending: { link?: Link } = {};
      listen(webSocket, pending, this.#failed);
      pending.link = admission.open(transport);
      this.#keepAlive.watch(webSocket, transport, pending.link);
    });
  }

  /** Lets nobody in any more; the open connections are the service's to end. */
  close(): void {
    this.#closed = true;
    this.#keepAlive.stop();
    void this.#webSockets?.then((webSockets) => webSockets.close());
  }

  async #load(): Promise<WebSocketServer> {
    const { WebSocketServer: Server } = await import("ws");
    const server = new Server({
      noServer: true,
      clientTracking: false,
      maxPayload: maxFrameBytes,
      perMessageDeflate: false,
      handleProtocols: (_offered, request) => this.#subprotocols.get(request) ?? false,
    });
    // A recovery is told its subprotocol also where it offers none: `ws` asks nobody then.
    server.on("headers", (headers, request) => {
      const subprotocol = this.#subprotocols.get(request);
      if (subprotocol !== undefined && request.headers["sec-websocket-protocol"] === undefined)
        headers.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
    });
    return server;
  }
}

function listen(
  webSocket: WebSocket,
  pending: { readonly link?: Link },
  failed: (error: unknown) => void,
): void {
  webSocket.on("message", (data, binary) => {
    try {
      pending.link?.receive({ binary, bytes: bytesOf(data) });
    } catch (error) {
      failed(error);
      pending.link?.violated("the service failed");
    }
  });
  webSocket.on("close", (code, reason) => pending.link?.closed(code, reason.toString()));
  webSocket.on("error", (error: NodeJS.ErrnoException) => {
    const tooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    pending.link?.violated(tooLarge ? frameTooLarge : error.message);
  });
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

/** What the request says, or what is wrong with it. */
function readRequest(
  request: IncomingMessage,
): ConnectRequest | { readonly status: number; readonly message: string } {
  if (request.headers.upgrade?.toLowerCase() !== "websocket")
    return { status: 400, message: "Only an upgrade to WebSocket is possible." };
  const base = "http://localhost";
  if (request.url === undefined || !URL.canParse(request.url, base))
    return { status: 400, message: "The request's URL is not valid." };
  const url = new URL(request.url, base);
  const hub = hubOf(url);
  if (hub === undefined) return { status: 404, message: wrongPath(url) };
  return {
    hub,
    host: request.headers.host,
    query: url.searchParams,
    headers: headerLists(request),
    subprotocols: (request.headers["sec-websocket-protocol"] ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  };
}

function headerLists(request: IncomingMessage): Record<string, readonly string[]> {
  const lists: Record<string, readonly string[]> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) if (values) lists[name] = values;
  return lists;
}
