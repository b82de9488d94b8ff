import { SignJWT, jwtVerify } from "jose";
import type { Environment } from "../service/environment.js";
import type { TokenTarget, TokenVerifier } from "../service/token.js";

/** What a client access token says. */
export interface AccessTokenContent {
  readonly audience: string;
  readonly userId: string | undefined;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  /** Minutes from now; fractions are fine. */
  readonly expiresInMinutes: number;
}

/** Signs and checks client access tokens with the access key, by HS256. */
export class AccessTokens implements TokenVerifier {
  readonly #key: Uint8Array;
  readonly #environment: Environment;
  /** Host and port by which this service is known, besides what the client calls it. */
  readonly #hosts: () => readonly string[];

  constructor(accessKey: string, environment: Environment, hosts: () => readonly string[]) {
    this.#key = new TextEncoder().encode(accessKey);
    this.#environment = environment;
    this.#hosts = hosts;
  }

  async sign(content: AccessTokenContent): Promise<string> {
    const now = Math.floor(this.#environment.now() / 1_000);
    const { audience, userId, roles, groups, expiresInMinutes } = content;
    const token = new SignJWT({
      ...(roles.length > 0 && { role: roles }),
      ...(groups.length > 0 && { "webpubsub.group": groups }),
    })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + Math.ceil(expiresInMinutes * 60));
    if (userId !== undefined) token.setSubject(userId);
    return token.sign(this.#key);
  }

  async verify(token: string, target: TokenTarget): Promise<Record<string, unknown>> {
    const { payload } = await jwtVerify(token, this.#key, {
      algorithms: ["HS256"],
      requiredClaims: ["aud", "exp"],
      currentDate: new Date(this.#environment.now()),
    });
    const audiences = typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []);
    if (!audiences.some((audience) => this.#isFor(audience, target))) {
      throw new Error(`its audience is not this endpoint but ${JSON.stringify(payload.aud)}`);
    }
    return payload;
  }

  /**
   * Unsettled how strict the audience is compared. Here the scheme may be either (something in front may speak TLS)
   * and the host may be the one that the client asked for or one that the service knows as its own.
   */
  #isFor(audience: string, target: TokenTarget): boolean {
    if (!URL.canParse(audience)) return false;
    const url = new URL(audience);
    if (url.protocol !== "http:" && url.protocol !== "https:") return false;
    if (url.host !== target.host?.toLowerCase() && !this.#hosts().includes(url.host)) return false;
    const path = url.pathname.toLowerCase().replace(/\/$/, "");
    return path === "/client" || hubPaths(target.hub.toLowerCase()).includes(path);
  }
}

/** Some characters of a hub's name may stand in a path as they are or escaped. */
function hubPaths(hub: string): string[] {
  const plain = `/client/hubs/${hub}`;
  return [plain, encodeURI(plain).toLowerCase(), `/client/hubs/${encodeURIComponent(hub).toLowerCase()}`];
}
