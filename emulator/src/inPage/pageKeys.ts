import type { TokenKeys } from "../http/accessToken.js";
import type { Environment } from "../service/environment.js";
import { clockSkewInSeconds } from "../service/limits.js";
import { decodeBase64, encodeBase64 } from "../wire/base64.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Tokens within a page. They look like any other, but carry no signature and none is checked: whoever could forge one
 * is the page itself, and a page from an `http:` origin has no keys to sign with (`crypto.subtle`).
 */
export class PageKeys implements TokenKeys {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  sign(claims: Record<string, unknown>, audience: string, expiresInMinutes: number): Promise<string> {
    const iat = this.#now();
    const exp = iat + Math.ceil(expiresInMinutes * 60);
    const header = part({ alg: "none", typ: "JWT" });
    return Promise.resolve(`${header}.${part({ ...claims, aud: audience, iat, exp })}.`);
  }

  async verify(token: string, isForThis: (audience: URL) => boolean): Promise<Record<string, unknown>> {
    const claims = read(token.split(".")[1] ?? "");
    const { aud, exp, nbf } = claims;
    if (typeof exp !== "number") throw new Error("it has no time at which it expires (exp)");
    if (exp <= this.#now() - clockSkewInSeconds) throw new Error("it has expired");
    if (typeof nbf === "number" && nbf > this.#now() + clockSkewInSeconds)
      throw new Error("it isn't valid yet (nbf)");
    const audiences = [aud].flat().filter((audience) => typeof audience === "string");
    if (!audiences.some((audience) => URL.canParse(audience) && isForThis(new URL(audience)))) {
      throw new Error(`its audience is not this endpoint but ${JSON.stringify(aud)}`);
    }
    return Promise.resolve(claims);
  }

  /** Unix seconds. */
  #now(): number {
    return Math.floor(this.#environment.now() / 1_000);
  }
}

function part(json: unknown): string {
  const text = encodeBase64(encoder.encode(JSON.stringify(json)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function read(encoded: string): Record<string, unknown> {
  const bytes = decodeBase64(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  try {
    const claims: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof claims === "object" && claims !== null) return claims as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new Error("it is no JSON Web Token");
}
