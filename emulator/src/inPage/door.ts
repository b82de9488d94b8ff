import type { FaultScript } from "../faultScript.js";
import type { Faults } from "../faults.js";
import { type Admission, recoveryTicket } from "../service/admission.js";
import { hubOf, wrongPath } from "../service/clientUrl.js";
import type { Diagnostics } from "../service/diagnostics.js";
import type { Service } from "../service/service.js";

/** What becomes of a socket that a page opens; `lost`: it fails without an answer. */
export type Welcome =
  | Extract<Admission, { readonly kind: "accepted" }>
  | { readonly kind: "refused"; readonly status: number; readonly message: string }
  | { readonly kind: "lost"; readonly message: string };

interface DoorPorts {
  readonly service: Service;
  readonly script: FaultScript;
  readonly faults: Faults;
  readonly diagnostics: Diagnostics;
  /** The name under which the service is known in the page. */
  readonly host: string;
}

const closed = { kind: "refused", status: 503, message: "The service is closed." } as const;

/** Where the clients of a page come in: from a URL to the service's link. */
export class Door {
  readonly #ports: DoorPorts;
  #closed = false;

  constructor(ports: DoorPorts) {
    this.#ports = ports;
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#closed = true;
  }

  /** Never rejects; a scripted fault may keep it waiting until the faults are reset. */
  async enter(url: URL, subprotocols: readonly string[]): Promise<Welcome> {
    const { service, script, faults, host, diagnostics } = this.#ports;
    // Also before anything is asked of the application: its handlers have heard the last of this service.
    if (this.#closed) return closed;
    if (url.host !== host) {
      const message =
        `A socket to ${url.host} was opened, but only ${host} is in this page: ` +
        "client URLs come from clientAccessUrl().";
      diagnostics({ level: "warning", hub: "", connectionId: undefined, message });
      return { kind: "lost", message };
    }
    const hub = hubOf(url);
    if (hub === undefined) {
      const message = wrongPath(url);
      service.tellRefusal("", 404, message);
      return { kind: "refused", status: 404, message };
    }
    const ticket = recoveryTicket(url.searchParams);
    const fault = script.refusesUpgrade(
      ticket === undefined ? "new" : "recovery",
      ticket && service.session(hub, ticket.connectionId),
    );
    if (fault !== undefined) service.showRefusal(hub, `A scripted fault: ${fault}.`);
    if (fault === "hang") await new Promise<void>((resolve) => faults.hold(resolve));
    if (fault === "hang" || fault === "reset") return { kind: "lost", message: "A scripted fault." };
    if (fault !== undefined) {
      return { kind: "refused", status: fault, message: "A scripted fault refused the upgrade." };
    }
    const admission = await service.admit({
      hub,
      host,
      query: url.searchParams,
      headers: { host: [host] },
      subprotocols,
    });
    return this.#closed ? closed : admission;
  }
}
