import type { IncomingMessage, ServerResponse } from "node:http";
import type { Negotiation } from "./negotiate.js";
import { errorBody } from "./refusal.js";
import type { RestPorts } from "./rest/context.js";

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers everything that isn't an upgrade. What REST needs is loaded with its first call, not at the start. */
export class Requests {
  readonly #ports: RestPorts;
  readonly #admin: Listener | undefined;
  readonly #negotiation: Negotiation | undefined;
  #rest: Promise<Listener> | undefined;

  /**
   * @param admin answers for the admin path; left out: there is none.
   * @param negotiation makes URLs for `/negotiate`; left out: there is no such path.
   */
  constructor(ports: RestPorts, admin?: Listener, negotiation?: Negotiation) {
    this.#ports = ports;
    this.#admin = admin;
    this.#negotiation = negotiation;
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      // A client that goes in the middle of its request is no failure of the service.
      request.on("error", () => response.destroy());
      const path = request.url?.split("?")[0] ?? "";
      if (/^\/client(\/|$)/i.test(path)) {
        response.setHeader("Upgrade", "websocket");
        fail(response, 426, "This is the WebSocket endpoint: the request must be an upgrade.");
      } else if (this.#admin !== undefined && /^\/admin(\/|$)/.test(path)) {
        await this.#admin(request, response);
      } else if (path === "/negotiate") {
        await this.#negotiate(request, response);
      } else await (await (this.#rest ??= load(this.#ports)))(request, response);
    } catch (cause) {
      this.#warn(`A request failed: ${String(cause)}`, cause);
      if (response.headersSent) response.destroy();
      else fail(response, 500, "The service failed.");
    }
  }

  async #negotiate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#negotiation === undefined) {
      this.#warn(`A client URL was asked for, but ${withoutNegotiation}`);
      return fail(response, 404, `There is no client URL here: ${withoutNegotiation}`);
    }
    const { negotiate } = await import("./negotiate.js");
    await negotiate(request, response, this.#negotiation, this.#ports.diagnostics);
  }

  #warn(message: string, cause?: unknown): void {
    this.#ports.diagnostics({ level: "warning", hub: "", connectionId: undefined, message, cause });
  }
}

/** Told in the log too: a page of another port can't read the answer. */
const withoutNegotiation = "the service was started without negotiate (--negotiate).";

async function load(ports: RestPorts): Promise<Listener> {
  const [{ getRequestListener }, { restApp }] = await Promise.all([
    import("@hono/node-server"),
    import("./rest/app.js"),
  ]);
  const app = restApp(ports);
  return getRequestListener(app.fetch, {
    // The process belongs to the application under test: its globals are not to be touched.
    overrideGlobalObjects: false,
    errorHandler: (error) =>
      new Response(
        errorBody(
          400,
          `The request could not be read: ${error instanceof Error ? error.message : String(error)}`,
        ),
        { status: 400, headers: { "Content-Type": "application/json" } },
      ),
  });
}

function fail(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(errorBody(status, message));
}
