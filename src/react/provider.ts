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

/** On servers React 18 warns of layout effects, which never run there. */
const useLayoutEffectInPages = typeof document === "undefined" ? useEffect : useLayoutEffect;

const ClientContext = createContext<CoreClient | undefined>(undefined);

/**
 * Props of `WebPubSubProvider`: a client, a function that makes one, or a URL or credential to make a
 * `CoreClient` of. The credential may be another object in each render: the newest is asked.
 */
export type WebPubSubProviderProps = ClientSource & { readonly children?: ReactNode };

type Create = () => CoreClient;
/** What a client is made of, and known by. */
type Key = string | WebPubSubClientCredential | Create;

interface Owned {
  readonly client: CoreClient;
  /** Of the newest render. */
  credential: WebPubSubClientCredential | undefined;
}

/**
 * Clients of mounted providers, and of those that were a moment ago: a provider mounted anew with
 * the same URL, credential object or function, as hot reload does it, goes on with the same connection.
 */
const kept = new Map<Key, Owned>();

/**
 * Gives a client to the hooks below it. One made by `create`, or of `url` or `credential`, is connected while
 * the provider is mounted; nothing connects while rendering, so not on a server either.
 */
export function WebPubSubProvider({ children, ...source }: WebPubSubProviderProps): ReactElement {
  const owned = useOwnedClient(source);
  return createElement(ClientContext.Provider, { value: source.client ?? owned }, children);
}

/**
 * The client of the nearest `WebPubSubProvider`. Its type is yours to tell: `useWebPubSubClient<WebPubSubClient>()`
 * where the provider was given such a client, or makes one by `create`.
 * @throws Error where there is none
 */
export function useWebPubSubClient<Client extends CoreClient = CoreClient>(): Client {
  const client = useContext(ClientContext);
  if (client === undefined)
    throw new Error("Put a <WebPubSubProvider> around the components that use this hook.");
  return client as Client;
}

function useOwnedClient({ client, create, url, credential, options }: ClientSource): CoreClient | undefined {
  // The first credential or function stands for those of later renders.
  const first = useRef<Key | undefined>(undefined);
  const key = url ?? (first.current ??= create ?? credential);
  const owned = useMemo(() => {
    if (client !== undefined) return undefined;
    if (key === undefined)
      throw new TypeError("WebPubSubProvider needs a client, create, a url or a credential.");
    const found = kept.get(key) ?? make(key, options);
    // Others that are rendered now share it. On a server nobody would ever take it out again.
    if (typeof document !== "undefined") keep(key, found);
    return found;
  }, [client, key]);
  useInsertionEffect(() => {
    if (owned !== undefined) owned.credential = credential;
  });
  // Before the effects of the components below: what they send at once finds a client that starts.
  useLayoutEffectInPages(() => owned && retain(owned.client), [owned]);
  // And for as long as it is mounted, also while a Suspense boundary hides it.
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
  if (typeof key === "function") return { client: key(), credential: undefined };
  if (typeof key === "string") return { client: new CoreClient(key, options), credential: undefined };
  const getClientAccessUrl: WebPubSubClientCredential["getClientAccessUrl"] = async (request) => {
    const source = (owned.credential ?? key).getClientAccessUrl;
    return typeof source === "function" ? source(request) : source;
  };
  const owned: Owned = { client: new CoreClient({ getClientAccessUrl }, options), credential: key };
  return owned;
}
