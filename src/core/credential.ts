import type { GetClientAccessUrlOptions } from "./models/options.js";
import type { Settings } from "./options.js";

/** Gives the client its access URL. */
export interface WebPubSubClientCredential {
  /**
   * A `ws(s)://` URL with its token, or a function that returns a fresh one. It is called for every new
   * connection (not for recoveries), so expired tokens do no harm.
   */
  getClientAccessUrl: string | ((options?: GetClientAccessUrlOptions) => Promise<string>);
}

/** Turns a URL or a credential into a function that returns the access URL. @throws TypeError for anything else */
export function toUrlSource(
  credential: string | WebPubSubClientCredential,
  { advice, environment, logger }: Pick<Settings, "advice" | "environment" | "logger">,
): (options: GetClientAccessUrlOptions) => Promise<string> {
  const read = (): unknown => (typeof credential === "string" ? credential : credential?.getClientAccessUrl);
  const given = read();
  if (typeof given !== "string" && typeof given !== "function") {
    throw new TypeError(
      "The first argument must be a client access URL or an object with getClientAccessUrl.",
    );
  }
  return async (options) => {
    // Called as a method, so that credentials that are class instances keep their `this`.
    const source = read();
    const isFixed = typeof source !== "function";
    const given: unknown = isFixed ? source : await source.call(credential, options);
    if (typeof given !== "string") {
      throw new TypeError(`The clientAccessUrl must be a string but currently it's ${typeof given}`);
    }
    // Every parser of URLs strips it, and the answers of servers often end with a new line.
    const url = given.trim();
    if (!/^(ws|http)s?:\/\//i.test(url)) {
      // Too short to hold a token.
      const beginning = JSON.stringify(url.slice(0, 9));
      throw new TypeError(`The clientAccessUrl must begin with wss:// or ws://, not with ${beginning}`);
    }
    if (isFixed) advice?.checkFixedUrl(url, environment.now(), logger, read);
    return url;
  };
}
