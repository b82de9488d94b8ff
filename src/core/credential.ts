import type { GetClientAccessUrlOptions } from "./models/options.js";

/** Gives the client its access URL. */
export interface WebPubSubClientCredential {
  /**
   * A `ws(s)://` URL with its token, or a function that returns a fresh one. It is called for every new
   * connection (not for recoveries), so expired tokens do no harm.
   */
  getClientAccessUrl: string | ((options?: GetClientAccessUrlOptions) => Promise<string>);
}

/** Returns the access URL for a new connection. */
export interface UrlSource {
  (options: GetClientAccessUrlOptions): Promise<string>;
  /** It is the same for every connection. */
  isFixed(): boolean;
}

/** Turns a URL or a credential into a source of access URLs. @throws TypeError for anything else */
export function toUrlSource(credential: string | WebPubSubClientCredential): UrlSource {
  const read = (): unknown => (typeof credential === "string" ? credential : credential?.getClientAccessUrl);
  const given = read();
  if (typeof given !== "string" && typeof given !== "function") {
    throw new TypeError(
      "The first argument must be a client access URL or an object with getClientAccessUrl.",
    );
  }
  const getUrl = async (options: GetClientAccessUrlOptions): Promise<string> => {
    // Called as a method, so that credentials that are class instances keep their `this`.
    const source = read();
    const given: unknown = typeof source === "function" ? await source.call(credential, options) : source;
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
    return url;
  };
  return Object.assign(getUrl, { isFixed: () => typeof read() === "string" });
}
