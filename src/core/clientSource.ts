import type { CoreClient } from "./coreClient.js";
import type { WebPubSubClientCredential } from "./credential.js";
import type { WebPubSubClientOptions } from "./models/options.js";

/** A client of yours, which you start and stop yourself. */
export interface GivenClient {
  readonly client: CoreClient;
  readonly create?: undefined;
  readonly url?: undefined;
  readonly credential?: undefined;
  readonly options?: undefined;
}

/** How a client of yours is made, which lives as long as its users, and `releaseDelayInMs` more. */
export interface CreatedClient {
  /** Called once: `() => new WebPubSubClient(url)` for a client with all features. */
  readonly create: () => CoreClient;
  readonly client?: undefined;
  readonly url?: undefined;
  readonly credential?: undefined;
  readonly options?: undefined;
}

/** What a `CoreClient` is made of that lives as long as its users, and `releaseDelayInMs` more. */
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
  readonly create?: undefined;
  /** Read once, when the client is made. */
  readonly options?: WebPubSubClientOptions;
};

/** Where the bindings of frameworks get their client from: yours, or what to make one of. */
export type ClientSource = GivenClient | CreatedClient | OwnedClient;
