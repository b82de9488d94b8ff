import type { TokenTarget, TokenVerifier } from "../service/token.js";
import type { Address } from "./address.js";

/** What a client access token says. */
export interface AccessTokenContent {
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** Minutes from now; fractions are fine. */
  readonly expiresInMinutes: number;
  /** The endpoint that the client will use: that of WebSocket clients unless it is `MQTT` or `SocketIO`. */
  readonly clientType?: string | undefined;
}

/** What signs and checks tokens. */
export interface TokenKeys {
  /** @param expiresInMinutes from now; fractions are fine. */
  sign(claims: Record<string, unknown>, audience: string, expiresInMinutes: number): Promise<string>;
  /** Rejects with an error that says what is wrong with the token. */
  verify(token: string, isForThis: (audience: URL) => boolean): Promise<Record<string, unknown>>;
}

/** Issues and checks client access tokens. */
export class ClientTokens implements TokenVerifier {
  readonly #keys: TokenKeys;
  readonly #address: () => Address;

  constructor(keys: TokenKeys, address: () => Address) {
    this.#keys = keys;
    this.#address = address;
  }

  async issue(hub: string, content: AccessTokenContent): Promise<string> {
    const { userId, roles, groups, expiresInMinutes, clientType = "" } = content;
    const audience = `${this.#address().endpoint}${clientPath(clientType)}/hubs/${encodeURIComponent(hub)}`;
    const claims = {
      ...(userId !== undefined && { sub: userId }),
      ...(roles.length > 0 && { role: [...roles] }),
      ...(groups.length > 0 && { "webpubsub.group": [...groups] }),
    };
    return this.#keys.sign(claims, audience, expiresInMinutes);
  }

  async verify(token: string, target: TokenTarget): Promise<Record<string, unknown>> {
    return this.#keys.verify(token, (audience) => this.#isFor(audience, target));
  }

  /**
   * Unsettled how strict the audience is compared. Here the scheme may be either (something in front may speak TLS)
   * and the host may be the one that the client asked for or one that the service knows as its own.
   */
  #isFor({ protocol, host, pathname, searchParams }: URL, target: TokenTarget): boolean {
    if (!/^https?:$/.test(protocol)) return false;
    if (host !== target.host?.toLowerCase() && !this.#address().hosts.includes(host)) return false;
    const path = pathname.toLowerCase().replace(/\/$/, "");
    const hub = target.hub.toLowerCase();
    if (path === "/client") return (searchParams.get("hub") ?? hub).toLowerCase() === hub;
    return hubPaths(hub).includes(path);
  }
}

function clientPath(clientType: string): string {
  const type = clientType.toLowerCase();
  return type === "mqtt" || type === "socketio" ? `/clients/${type}` : "/client";
}

/** Some characters of a hub's name may stand in a path as they are or escaped. */
function hubPaths(hub: string): string[] {
  const plain = `/client/hubs/${hub}`;
  return [plain, encodeURI(plain).toLowerCase(), `/client/hubs/${encodeURIComponent(hub).toLowerCase()}`];
}
