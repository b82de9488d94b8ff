import { getContext, onMount, setContext } from "svelte";
import { CoreClient, type ClientSource, type CreatedClient, type OwnedClient } from "../core/index.js";
import { retain } from "../features/retain/index.js";

const CLIENT = Symbol("web-pubsub-client");

interface Provided {
  readonly client: CoreClient;
  /** Keeps the client connected; there is none for a client of the application's own. */
  readonly hold: (() => () => void) | undefined;
}

/**
 * Provides a client to the component that calls this while it is initialised, and to all in it. A client made by
 * `create`, or from `url` or `credential`, is connected while they are mounted, so never on a server.
 * @returns the client
 * @throws TypeError without a client, create, url or credential
 */
export function provideWebPubSubClient(source: ClientSource): CoreClient {
  const { client, create, url, credential } = source ?? {};
  if ((client ?? create ?? url ?? credential ?? undefined) === undefined)
    throw new TypeError("provideWebPubSubClient needs a client, create, a url or a credential.");
  const isGiven = client !== undefined && client !== null;
  const provided = isGiven ? checkClient("client", client) : make(source as CreatedClient | OwnedClient);
  const hold = isGiven ? undefined : () => retain(provided);
  if (!isGiven) source.setup?.(provided);
  setContext<Provided>(CLIENT, { client: provided, hold });
  if (hold) onMount(hold);
  return provided;
}

/**
 * The client that `provideWebPubSubClient` was given or has made, in this component or in one around it. You choose its
 * type: use `useWebPubSubClient<WebPubSubClient>()` if it was given such a client, or makes one by `create`.
 * @throws Error if no such component provides a client
 */
export function useWebPubSubClient<Client extends CoreClient = CoreClient>(): Client {
  const provided = getContext<Provided | undefined>(CLIENT);
  if (provided === undefined)
    throw new Error("Call provideWebPubSubClient(...) in the component that uses this, or in one around it.");
  // What is inside is mounted first, and what it sends then is to find the client starting.
  if (provided.hold) onMount(provided.hold);
  return provided.client as Client;
}

function make({ create, url, credential, options }: CreatedClient | OwnedClient): CoreClient {
  if (create !== undefined && create !== null) {
    if (typeof create !== "function")
      throw new TypeError("provideWebPubSubClient: create must be a function that returns a client.");
    return checkClient("what create returns", create());
  }
  return new CoreClient((url ?? credential) as string, options);
}

function checkClient(what: string, client: CoreClient): CoreClient {
  if (typeof client?.on === "function") return client;
  throw new TypeError(`provideWebPubSubClient: ${what} must be a CoreClient or a WebPubSubClient.`);
}
