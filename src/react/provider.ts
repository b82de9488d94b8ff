import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useInsertionEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  type ReactElement,
  type ReactNode,
} from "react";
import {
  CoreClient,
  type ClientSource,
  type WebPubSubClientCredential,
  type WebPubSubClientOptions,
} from "../core/index.js";
import { retain } from "../features/retain/index.js";
import { useIsOnServer } from "./support.js";

const ClientContext = createContext<CoreClient | undefined>(undefined);

/**
 * Props of `WebPubSubProvider`: a client, a function that makes one, or a URL or a credential for a
 * `CoreClient`. The credential may be a new object in each render; the newest one is used.
 */
export type WebPubSubProviderProps = ClientSource & {
  /** What may use the hooks. */
  readonly children?: ReactNode;
};

type Create = () => CoreClient;
/** What a client is made from; it also identifies the client. */
type Key = string | WebPubSubClientCredential | Create;

interface Owned {
  readonly client: CoreClient;
  /** The credential of the newest render. */
  credential: WebPubSubClientCredential | undefined;
}

/**
 * The clients of providers that are mounted or were so a moment ago. A provider that is mounted again with
 * the same URL, credential object or function, as in a hot reload, uses the same connection.
 */
const kept = new Map<Key, Owned>();

/**
 * Provides a client to the hooks below it. A client made by `create`, or from `url` or `credential`, is connected
 * while the provider is mounted. Rendering doesn't connect, so nothing connects on a server.
 */
export function WebPubSubProvider({ children, ...source }: WebPubSubProviderProps): ReactElement {
  const owned = useOwnedClient(source);
  return createElement(ClientContext.Provider, { value: source.client ?? owned }, children);
}

/**
 * The client of the nearest `WebPubSubProvider`. You choose its type: use `useWebPubSubClient<WebPubSubClient>()` if
 * the provider was given such a client, or makes one by `create`.
 * @throws Error without a `WebPubSubProvider`
 */
export function useWebPubSubClient<Client extends CoreClient = CoreClient>(): Client {
  const client = useContext(ClientContext);
  if (client === undefined)
    throw new Error("Put a <WebPubSubProvider> around the components that use this hook.");
  return client as Client;
}

function useOwnedClient({
  client,
  create,
  url,
  credential,
  options,
  setup,
}: ClientSource): CoreClient | undefined {
  const isOnServer = useIsOnServer();
  // The first credential or function identifies the client, also if later renders pass another.
  const first = useRef<Key | undefined>(undefined);
  const key = url ?? (first.current ??= create ?? credential);
  const owned = useMemo(() => {
    if (client !== undefined && client !== null) {
      checkClient("client", client);
      return undefined;
    }
    if (key === undefined || key === null)
      throw new TypeError("WebPubSubProvider needs a client, create, a url or a credential.");
    if (key === create && typeof create !== "function")
      throw new TypeError("WebPubSubProvider: create must be a function that returns a client.");
    let found = kept.get(key);
    if (found === undefined) {
      found = make(key, options);
      setup?.(found.client);
    }
    // Providers that are rendered meanwhile share it. On a server it would never be removed.
    if (!isOnServer) keep(key, found);
    return found;
  }, [client, key]);
  useInsertionEffect(() => {
    if (owned !== undefined) owned.credential = credential;
  });
  // On servers, where layout effects never run, React 18 warns about them.
  const useEarlyEffect = isOnServer ? useEffect : useLayoutEffect;
  // Before the effects of the components below, so that the client is starting when they send at once.
  useEarlyEffect(() => owned && retain(owned.client), [owned]);
  // As long as it is mounted, also while a Suspense boundary hides it.
  useEffect(() => {
    if (owned === undefined || key === undefined) return undefined;
    keep(key, owned);
    return retain(owned.client);
  }, [owned, key]);
  return owned?.client;
}

function keep(key: Key, owned: Owned): void {
  if (kept.get(key) === owned) return;
  kept.set(key, owned);
  owned.client.once("stopped", () => kept.get(key) === owned && kept.delete(key));
}

function make(key: Key, options?: WebPubSubClientOptions): Owned {
  if (typeof key === "function")
    return { client: checkClient("what create returns", key()), credential: undefined };
  if (typeof key === "string") return { client: new CoreClient(key, options), credential: undefined };
  let owned: Owned | undefined = undefined;
  const newest: WebPubSubClientCredential = {
    get getClientAccessUrl() {
      const credential = owned?.credential ?? key;
      const source = credential.getClientAccessUrl;
      return typeof source === "function" ? source.bind(credential) : source;
    },
  };
  owned = { client: new CoreClient(newest, options), credential: key };
  return owned;
}

function checkClient(what: string, client: CoreClient): CoreClient {
  if (typeof client?.on === "function") return client;
  throw new TypeError(`WebPubSubProvider: ${what} must be a CoreClient or a WebPubSubClient.`);
}
