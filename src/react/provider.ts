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
  WebPubSubClient,
  type ClientSource,
  type WebPubSubClientCredential,
  type WebPubSubClientOptions,
} from "../index.js";

/** On servers React 18 warns of layout effects, which never run there. */
const useLayoutEffectInPages = typeof document === "undefined" ? useEffect : useLayoutEffect;

const ClientContext = createContext<WebPubSubClient | undefined>(undefined);

/**
 * Props of `WebPubSubProvider`: a client, or a URL or credential to make one of. The credential may be
 * another object in each render: the newest is asked.
 */
export type WebPubSubProviderProps = ClientSource & { readonly children?: ReactNode };

interface Owned {
  readonly client: WebPubSubClient;
  /** Of the newest render. */
  credential: WebPubSubClientCredential | undefined;
}

/**
 * Clients of mounted providers, and of those that were a moment ago: a provider mounted anew with
 * the same URL or credential object, as hot reload does it, goes on with the same connection.
 */
const kept = new Map<string | WebPubSubClientCredential, Owned>();

/**
 * Gives a client to the hooks below it. One made of `url` or `credential` is connected while the
 * provider is mounted; nothing connects while rendering, so not on a server either.
 */
export function WebPubSubProvider({ children, ...source }: WebPubSubProviderProps): ReactElement {
  const owned = useOwnedClient(source);
  return createElement(ClientContext.Provider, { value: source.client ?? owned }, children);
}

/**
 * The client of the nearest `WebPubSubProvider`.
 * @throws Error where there is none
 */
export function useWebPubSubClient(): WebPubSubClient {
  const client = useContext(ClientContext);
  if (client === undefined)
    throw new Error("Put a <WebPubSubProvider> around the components that use this hook.");
  return client;
}

function useOwnedClient({ client, url, credential, options }: ClientSource): WebPubSubClient | undefined {
  // The first credential stands for those of later renders.
  const first = useRef(credential);
  const key = url ?? (first.current ??= credential);
  const owned = useMemo(() => {
    if (client !== undefined) return undefined;
    if (key === undefined) throw new TypeError("WebPubSubProvider needs a client, a url or a credential.");
    const found = kept.get(key) ?? make(key, options);
    // Others that are rendered now share it. On a server nobody would ever take it out again.
    if (typeof document !== "undefined") keep(key, found);
    return found;
  }, [client, key]);
  useInsertionEffect(() => {
    if (owned !== undefined) owned.credential = credential;
  });
  // Before the effects of the components below: what they send at once finds a client that starts.
  useLayoutEffectInPages(() => owned?.client.retain(), [owned]);
  // And for as long as it is mounted, also while a Suspense boundary hides it.
  useEffect(() => {
    if (owned === undefined || key === undefined) return undefined;
    keep(key, owned);
    return owned.client.retain();
  }, [owned, key]);
  return owned?.client;
}

function keep(key: string | WebPubSubClientCredential, owned: Owned): void {
  if (kept.get(key) === owned) return;
  kept.set(key, owned);
  owned.client.once("stopped", () => kept.get(key) === owned && kept.delete(key));
}

function make(key: string | WebPubSubClientCredential, options?: WebPubSubClientOptions): Owned {
  if (typeof key === "string") return { client: new WebPubSubClient(key, options), credential: undefined };
  const getClientAccessUrl: WebPubSubClientCredential["getClientAccessUrl"] = async (request) => {
    const source = (owned.credential ?? key).getClientAccessUrl;
    return typeof source === "function" ? source(request) : source;
  };
  const owned: Owned = { client: new WebPubSubClient({ getClientAccessUrl }, options), credential: key };
  return owned;
}
