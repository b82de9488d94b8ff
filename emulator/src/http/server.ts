import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { errorBody, refuse } from "./refusal.js";

const { setTimeout, clearTimeout } = globalThis;

/** What the server hands on. */
export interface ServerHandlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Something failed that stops nothing, such as a connection that could not be accepted. */
  readonly failed: (error: Error) => void;
}

/** The HTTP server with its sockets: it can be closed whatever state they are in. */
export class Server {
  readonly #server;
  readonly #failed: (error: Error) => void;
  readonly #sockets = new Set<Socket>();

  constructor({ request, upgrade, failed }: ServerHandlers) {
    this.#server = createServer(request);
    this.#server.on("upgrade", upgrade);
    this.#failed = failed;
    this.#server.on("clientError", (error, socket) => {
      if (socket.writable) refuse(socket, 400, `The request could not be read: ${error.message}`);
      else socket.destroy();
    });
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  /** @returns the port. Rejects where the port is taken or the host isn't this machine's. */
  async listen(port: number, host: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const refused = (error: Error) =>
        reject(new Error(`Can't listen on ${host}:${port}: ${error.message}`, { cause: error }));
      this.#server.once("error", refused);
      this.#server.listen(port, host, () => {
        this.#server.off("error", refused);
        this.#server.on("error", this.#failed);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no more connections, gives the open ones `graceInMs` milliseconds to end, then drops them. */
  async close(graceInMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceInMs);
    await closed;
    clearTimeout(timer);
  }
}

/** Everything but the client endpoint: REST comes here. */
export function answerRequest(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split("?")[0];
  if (path === "/api/health" && (request.method === "HEAD" || request.method === "GET")) {
    response.writeHead(200).end();
    return;
  }
  const atEndpoint = path !== undefined && /^\/client(\/|$)/i.test(path);
  const [status, message] = atEndpoint
    ? ([426, "This is the WebSocket endpoint: the request must be an upgrade."] as const)
    : ([404, "There is nothing at this path."] as const);
  response.writeHead(status, {
    "Content-Type": "application/json",
    ...(atEndpoint && { Upgrade: "websocket" }),
  });
  response.end(errorBody(status, message));
}
