import { hasInjectionContext, inject, markRaw, type App, type InjectionKey } from "vue";
import { WebPubSubClient, type ClientSource } from "../index.js";

const CLIENT: InjectionKey<WebPubSubClient> = Symbol("web-pubsub-client");

/**
 * Gives a client to the composables of an application: `app.use(WebPubSubPlugin, { url })`. One made
 * of `url` or `credential` is connected from `app.mount` to `app.unmount`, so not on a server.
 */
export const WebPubSubPlugin = {
  /** @throws TypeError without a client, url or credential */
  install(app: App, source: ClientSource): void {
    const { client, url, credential, options } = source ?? {};
    if (client !== undefined) {
      app.provide(CLIENT, markRaw(client));
      return;
    }
    if (url === undefined && credential === undefined) {
      throw new TypeError("WebPubSubPlugin needs a client, a url or a credential.");
    }
    const owned =
      url === undefined ? new WebPubSubClient(credential, options) : new WebPubSubClient(url, options);
    app.provide(CLIENT, markRaw(owned));
    const mount = app.mount.bind(app);
    const unmount = app.unmount.bind(app);
    let release: (() => void) | undefined;
    app.mount = (...args) => {
      // First, so that what components send when they are mounted finds a client that starts.
      release ??= owned.retain();
      return mount(...args);
    };
    app.unmount = () => {
      unmount();
      release?.();
      release = undefined;
    };
  },
};

/**
 * The client that `WebPubSubPlugin` was given or has made.
 * @throws Error outside of an application with the plugin
 */
export function useWebPubSubClient(): WebPubSubClient {
  const client = hasInjectionContext() ? inject(CLIENT, undefined) : undefined;
  if (client === undefined) {
    throw new Error("Call app.use(WebPubSubPlugin, ...) and use this within setup of a component.");
  }
  return client;
}
