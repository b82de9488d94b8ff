import { hasInjectionContext, inject, markRaw, toRaw, type App, type InjectionKey } from "vue";
import { CoreClient, type ClientSource, type CreatedClient, type OwnedClient } from "../core/index.js";
import { retain } from "../features/retain/index.js";

const CLIENT: InjectionKey<CoreClient> = Symbol("web-pubsub-client");

/**
 * Provides a client to the composables of an application: `app.use(WebPubSubPlugin, { url })`. A client made by
 * `create`, or from `url` or `credential`, is connected from `app.mount` to `app.unmount`, so never on a server.
 */
export const WebPubSubPlugin = {
  /** @throws TypeError without a client, create, url or credential */
  install(app: App, source: ClientSource): void {
    const { create, url, credential } = source ?? {};
    if (source?.client !== undefined && source.client !== null) {
      app.provide(CLIENT, markRaw(checkClient("client", toRaw(source.client))));
      return;
    }
    if ((create ?? url ?? credential ?? undefined) === undefined) {
      throw new TypeError("WebPubSubPlugin needs a client, create, a url or a credential.");
    }
    const owned = make(source);
    source.setup?.(owned);
    app.provide(CLIENT, markRaw(owned));
    const mount = app.mount.bind(app);
    const unmount = app.unmount.bind(app);
    let release: (() => void) | undefined;
    app.mount = (...args) => {
      // First, so that the client is starting when components send on mount.
      release ??= retain(owned);
      return mount(...args);
    };
    app.unmount = () => {
      unmount();
      release?.();
      release = undefined;
    };
  },
};

function make({ create, url, credential, options }: CreatedClient | OwnedClient): CoreClient {
  if (create !== undefined && create !== null) {
    if (typeof create !== "function")
      throw new TypeError("WebPubSubPlugin: create must be a function that returns a client.");
    return checkClient("what create returns", toRaw(create()));
  }
  return new CoreClient((url ?? credential) as string, options);
}

function checkClient(what: string, client: CoreClient): CoreClient {
  if (typeof client?.on === "function") return client;
  throw new TypeError(`WebPubSubPlugin: ${what} must be a CoreClient or a WebPubSubClient.`);
}

/**
 * The client that `WebPubSubPlugin` was given or has made. You choose its type: use
 * `useWebPubSubClient<WebPubSubClient>()` if the plugin was given such a client, or makes one by `create`.
 * @throws Error outside of an application with the plugin
 */
export function useWebPubSubClient<Client extends CoreClient = CoreClient>(): Client {
  const client = hasInjectionContext() ? inject(CLIENT, undefined) : undefined;
  if (client === undefined) {
    throw new Error("Call app.use(WebPubSubPlugin, ...) and use this within setup of a component.");
  }
  return client as Client;
}
