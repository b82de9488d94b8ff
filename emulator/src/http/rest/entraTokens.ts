import type { Environment } from "../../service/environment.js";
import { clockSkewInSeconds } from "../../service/limits.js";

/** What a Microsoft Entra token of any Web PubSub resource is made for. */
const audience = /^https:\/\/webpubsub\.azure\.com\/?$/;

/**
 * Whether a token is one of Microsoft Entra, or of a test that plays its part: by its audience, whoever has signed it
 * how; or by another algorithm than that of the access keys, so that a wrong audience is told as such.
 */
export async function isEntraToken(token: string): Promise<boolean> {
  const { decodeJwt, decodeProtectedHeader } = await import("jose");
  try {
    const { alg } = decodeProtectedHeader(token);
    return (alg !== undefined && alg !== "HS256") || isForService(decodeJwt(token).aud);
  } catch {
    return false;
  }
}

function isForService(aud: string | string[] | undefined): boolean {
  return [aud].flat().some((one) => one !== undefined && audience.test(one));
}

/**
 * Checks audience and times of a Microsoft Entra token, and nothing else: a local service doesn't know whom a tenant
 * trusts. Rejects with an error that says what is wrong.
 */
export async function checkEntraToken(token: string, environment: Environment): Promise<void> {
  const { decodeJwt } = await import("jose");
  const { aud, exp, nbf } = decodeJwt(token);
  const now = environment.now() / 1_000;
  if (!isForService(aud)) {
    throw new Error(`its audience is not https://webpubsub.azure.com but ${JSON.stringify(aud)}`);
  }
  if (typeof exp !== "number") throw new Error("it has no time at which it expires (exp)");
  if (exp <= now - clockSkewInSeconds) throw new Error("it has expired");
  if (typeof nbf === "number" && nbf > now + clockSkewInSeconds) throw new Error("it isn't valid yet (nbf)");
}
