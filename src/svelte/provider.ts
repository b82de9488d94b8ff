import { getContext, onMount, setContext } from "svelte";
import { createSubscriber } from "svelte/reactivity";
import { toStore } from "svelte/store";
import { CoreClient, type ClientSource, type CreatedClient, type OwnedClient } from "../core/index.js";
import { retain } from "../features/retain/index.js";

const CLIENT = Symbol("web-pubsub-client");

/**
 * Provides a client to the component that calls this while it is initialised, and to all in it. A client made by
 * `create`, or from `url` or `credential`, is connected while that component is there, but never on a server.
 * @returns the client
 * @throws TypeError without a client, create, url or credential
 */
export function provideWebPubSubClient(source: ClientSource): CoreClient {
  const { client, create, url, credential } = source ?? {};
  if ((client ?? create ?? url ?? credential ?? undefined) === undefined)
    throw new TypeError("provideWebPubSubClient needs a client, create, a url or a credential.");
  if (client !== undefined && client !== null) return setContext(CLIENT, checkClient("client", client));
  const owned = make(source as CreatedClient | OwnedClient);
  source.setup?.(owned);
  const hold = (): (() => void) => retain(owned);
  // In a page it starts now, and is held from the mount on: what is within is mounted first, and may send then. On a
  // server neither does anything.
  toStore(createSubscriber(hold)).subscribe(() => {})();
  onMount(hold);
  return setContext(CLIENT, owned);
}

/**
 * The client that `provideWebPubSubClient` was given or has made, in this component or in one around it. You choose its
 * type: use `useWebPubSubClient<WebPubSubClient>()` if it was given such a client, or makes one by `create`.
 * @throws Error if no such component provides a client
 */
export function useWebPubSubClient<Client extends CoreClient = CoreClient>(): Client {
  const client = getContext<CoreClient | undefined>(CLIENT);
  if (client === undefined)
    throw new Error("Call provideWebPubSubClient(...) in the component that uses this, or in one around it.");
  return client as Client;
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
