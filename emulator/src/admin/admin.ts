import type { IncomingMessage, ServerResponse } from "node:http";
import { errorBody } from "../http/refusal.js";
import type { AdminPorts } from "./adminApp.js";
import type { AdminKey } from "./adminKey.js";
import { intrusion } from "./intrusion.js";
import type { TraceFeed } from "./traceFeed.js";

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The admin path. What it needs is loaded with the first request. */
export class Admin {
  readonly #ports: AdminPorts;
  readonly #key: AdminKey | undefined;
  readonly #feeds = new Set<TraceFeed>();
  #listener: Promise<Listener> | undefined;

  /** @param key opens it to other hosts; left out: it is open to this machine only. */
  constructor(ports: AdminPorts, key?: AdminKey) {
    this.#ports = ports;
    this.#key = key;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cookie = this.#key?.cookieFor(request.url ?? "", "encrypted" in request.socket);
    if (cookie !== undefined && request.method === "GET") {
      const headers = { "Set-Cookie": cookie, Location: "/admin", "Cache-Control": "no-store" };
      response.writeHead(303, headers).end();
      return;
    }
    const { origins } = this.#ports;
    const reason = intrusion(request, this.#key, origins);
    const { origin } = request.headers;
    if (reason === undefined && origin !== undefined && origins.includes(origin)) {
      response.setHeader("Access-Control-Allow-Origin", origin).setHeader("Vary", "Origin");
      if (request.method === "OPTIONS") {
        const allowed = {
          "Allow-Methods": "GET, POST, DELETE",
          "Allow-Headers": "Content-Type, Authorization",
        };
        for (const [name, value] of Object.entries(allowed))
          response.setHeader(`Access-Control-${name}`, value);
        response.writeHead(204).end();
        return;
      }
    }
    if (reason === undefined) return (await (this.#listener ??= this.#load()))(request, response);
    response
      .writeHead(403, { "Content-Type": "application/json" })
      .end(errorBody(403, `The admin path is closed to this request: ${reason}.`));
  }

  /** Ends what would go on for ever. */
  close(): void {
    for (const feed of this.#feeds) feed.close();
  }

  async #load(): Promise<Listener> {
    const [{ getRequestListener }, { adminApp }] = await Promise.all([
      import("@hono/node-server"),
      import("./adminApp.js"),
    ]);
    return getRequestListener(adminApp(this.#ports, this.#feeds).fetch, { overrideGlobalObjects: false });
  }
}
