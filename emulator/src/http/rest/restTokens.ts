import type { KeyRing } from "../keyRing.js";
import type { Environment } from "../../service/environment.js";
import { checkEntraToken, isEntraToken } from "./entraTokens.js";

/** How a server has proved who it is. */
export type Credential = "accessKey" | "entra";

/** Checks the tokens of servers: each was made for one URL. */
export class RestTokens {
  readonly #keys: KeyRing;
  /** Host and port by which this service is known, besides what the server calls it. */
  readonly #hosts: () => readonly string[];
  readonly #entra: Environment | undefined;

  /** @param entra the clock by which Microsoft Entra tokens are checked; undefined: none is taken. */
  constructor(keys: KeyRing, hosts: () => readonly string[], entra?: Environment) {
    this.#keys = keys;
    this.#hosts = hosts;
    this.#entra = entra;
  }

  /** Rejects with an error that says what is wrong with the token. */
  async verify(token: string, url: URL): Promise<Credential> {
    if (await isEntraToken(token)) {
      if (this.#entra === undefined) {
        throw new Error(
          "it is not one of the access key, but of Microsoft Entra: such a token is taken only with the setting " +
            "acceptUnvalidatedEntraTokens",
        );
      }
      await checkEntraToken(token, this.#entra);
      return "entra";
    }
    await this.#keys.verify(token, (audience) => this.#isFor(audience, url));
    return "accessKey";
  }

  /** The official server SDK signs the query too, the documents say without: either is right. */
  #isFor(audience: URL, url: URL): boolean {
    // The scheme says nothing: something in front may speak TLS, and the cloud takes those of WebSockets too.
    if (!/^(https?|wss?):$/.test(audience.protocol)) return false;
    if (audience.host !== url.host && !this.#hosts().includes(audience.host)) return false;
    if (pathOf(audience) !== pathOf(url)) return false;
    return audience.search === "" || audience.search === url.search;
  }
}

/** The same path however its characters are escaped; escaped slashes stay apart from real ones. */
function pathOf({ pathname }: URL): string {
  try {
    const parts = pathname.split("/").map((part) => encodeURIComponent(decodeURIComponent(part)));
    return parts.join("/").replace(/\/$/, "");
  } catch {
    return pathname;
  }
}
