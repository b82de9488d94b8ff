import type { CoreClient } from "./coreClient.js";
import type { WebPubSubClientCredential } from "./credential.js";
import type { WebPubSubClientOptions } from "./models/options.js";

/** A client that you have made, and start and stop yourself. */
export interface GivenClient {
  /** The client. It isn't started or stopped by the binding. */
  readonly client: CoreClient;
  readonly setup?: undefined;
  readonly create?: undefined;
  readonly url?: undefined;
  readonly credential?: undefined;
  readonly options?: undefined;
}

/** What a client needs besides its options. */
type Setup = (client: CoreClient) => unknown;

/** A function that makes the client. It is connected while it has users, and for `releaseDelayInMs` after that. */
export interface CreatedClient {
  /** Called once. For a client with all features: `() => new WebPubSubClient(url)`. */
  readonly create: () => CoreClient;
  /** Called once with that client, before it starts. */
  readonly setup?: Setup | undefined;
  readonly client?: undefined;
  readonly url?: undefined;
  readonly credential?: undefined;
  readonly options?: undefined;
}

/** The arguments for a `CoreClient`. It is connected while it has users, and for `releaseDelayInMs` after that. */
export type OwnedClient = (
  | {
      /** A `wss://` URL with its access token. */
      readonly url: string;
      readonly credential?: undefined;
    }
  | {
      /** Gives a fresh URL for every new connection. */
      readonly credential: WebPubSubClientCredential;
      readonly url?: undefined;
    }
) & {
  readonly client?: undefined;
  readonly create?: undefined;
  /** Read once, when the client is made. */
  readonly options?: WebPubSubClientOptions;
  /**
   * Called once with the client that is made, before it starts, also where a server renders the page. For features
   * that a client is to have from its start: `(client) => keepOverReload(client, { key: user })`.
   */
  readonly setup?: Setup | undefined;
};

/** The client that a framework binding uses: one that you have made, or how to make one. */
export type ClientSource = GivenClient | CreatedClient | OwnedClient;
