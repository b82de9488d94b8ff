import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const cookieName = "web-pubsub-admin";

/** The token that opens the admin path to other hosts. */
export class AdminKey {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Whether a request carries it: as a bearer token, or in the cookie that `/admin?token=...` has set. */
  opens({ authorization = "", cookie = "" }: IncomingHttpHeaders): boolean {
    const bearer = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
    const kept = cookie.split(";").map((pair) => pair.trim().split("="));
    const values = kept.flatMap(([name, value = ""]) => (name === cookieName ? [value] : []));
    return [bearer, ...values].some((given) => given !== undefined && this.#is(given));
  }

  /** What keeps the token in a browser, if the URL has it: a page opened so goes on without it in its address. */
  cookieFor(url: string, secure: boolean): string | undefined {
    const given = new URL(url, "http://localhost").searchParams.get("token");
    if (given === null || !this.#is(given)) return undefined;
    return `${cookieName}=${given}; Path=/admin; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
  }

  #is(given: string): boolean {
    // Equally long, so that no more than equality can be found out.
    const digest = (text: string) => createHash("sha256").update(text).digest();
    return timingSafeEqual(digest(given), digest(this.#token));
  }
}
