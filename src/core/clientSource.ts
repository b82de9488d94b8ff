import type { WebPubSubClientCredential } from "./credential.js";
import type { WebPubSubClientOptions } from "./models/options.js";
import type { WebPubSubClient } from "../webPubSubClient.js";

/** A client of yours, which you start and stop yourself. */
export interface GivenClient {
  readonly client: WebPubSubClient;
  readonly url?: undefined;
  readonly credential?: undefined;
  readonly options?: undefined;
}

/** What a client is made of that lives as long as its users, and `releaseDelayInMs` more. */
export type OwnedClient = (
  | {
      /** A `wss://` URL with its access token. */
      readonly url: string;
      readonly credential?: undefined;
    }
  | {
      /** Asked for a fresh URL on every new connection. */
      readonly credential: WebPubSubClientCredential;
      readonly url?: undefined;
    }
) & {
  readonly client?: undefined;
  /** Read once, when the client is made. */
  readonly options?: WebPubSubClientOptions;
};

/** Where the bindings of frameworks get their client from: yours, or a URL or credential to make one of. */
export type ClientSource = GivenClient | OwnedClient;
