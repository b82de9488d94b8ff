import type { Environment } from "../../service/environment.js";
import { clockSkewInSeconds } from "../../service/limits.js";

/** What a Microsoft Entra token of any Web PubSub resource is made for. */
const audience = /^https:\/\/webpubsub\.azure\.com\/?$/;

/** The algorithm that a token's header names; undefined: it is no token. */
export async function algorithmOf(token: string): Promise<string | undefined> {
  const { decodeProtectedHeader } = await import("jose");
  try {
    return decodeProtectedHeader(token).alg;
  } catch {
    return undefined;
  }
}

/**
 * Checks audience and times of a Microsoft Entra token, and nothing else: a local service doesn't know whom a tenant
 * trusts. Rejects with an error that says what is wrong.
 */
export async function checkEntraToken(token: string, environment: Environment): Promise<void> {
  const { decodeJwt } = await import("jose");
  const { aud, exp, nbf } = decodeJwt(token);
  const now = environment.now() / 1_000;
  if (![aud].flat().some((one) => one !== undefined && audience.test(one))) {
    throw new Error(`its audience is not https://webpubsub.azure.com but ${JSON.stringify(aud)}`);
  }
  if (typeof exp !== "number") throw new Error("it has no time at which it expires (exp)");
  if (exp <= now - clockSkewInSeconds) throw new Error("it has expired");
  if (typeof nbf === "number" && nbf > now + clockSkewInSeconds) throw new Error("it isn't valid yet (nbf)");
}
