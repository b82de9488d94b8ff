import type { JWTPayload } from "jose";
import type { Environment } from "../service/environment.js";
import { clockSkewInSeconds } from "../service/limits.js";

/** Loaded with the first token: a service that starts has none yet. */
const loadJose = async () => import("jose");

/** The access keys: the first signs, each may have signed what is checked. HS256 throughout. */
export class KeyRing {
  readonly #keys: readonly Uint8Array[];
  readonly #environment: Environment;

  constructor(accessKeys: readonly string[], environment: Environment) {
    this.#keys = accessKeys.map((key) => new TextEncoder().encode(key));
    this.#environment = environment;
  }

  /** @param expiresInMinutes from now; fractions are fine. */
  async sign(claims: JWTPayload, audience: string, expiresInMinutes: number): Promise<string> {
    const now = Math.floor(this.#environment.now() / 1_000);
    const { SignJWT } = await loadJose();
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + Math.ceil(expiresInMinutes * 60))
      .sign(this.#keys[0] ?? new Uint8Array());
  }

  /**
   * @returns the claims. Rejects with an error that says what is wrong with the token.
   * @param isForThis asked for every audience that is a URL.
   */
  async verify(token: string, isForThis: (audience: URL) => boolean): Promise<JWTPayload> {
    const payload = await this.#payload(token);
    const audiences = typeof payload.aud === "string" ? [payload.aud] : (payload.aud ?? []);
    if (!audiences.some((audience) => URL.canParse(audience) && isForThis(new URL(audience)))) {
      throw new Error(`its audience is not this endpoint but ${JSON.stringify(payload.aud)}`);
    }
    return payload;
  }

  async #payload(token: string): Promise<JWTPayload> {
    const { errors, jwtVerify } = await loadJose();
    let failure: unknown;
    for (const key of this.#keys) {
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: ["HS256"],
          requiredClaims: ["aud", "exp"],
          currentDate: new Date(this.#environment.now()),
          clockTolerance: clockSkewInSeconds,
        });
        return payload;
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new Error(expiry(error.payload), { cause: error });
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        failure = error;
      }
    }
    throw failure;
  }
}

function expiry({ exp = 0 }: JWTPayload): string {
  return `it expired at ${new Date(exp * 1_000).toISOString()}`;
}
