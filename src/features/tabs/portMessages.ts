/** What page and worker say to each other over a port. Frames of the subprotocol are strings, the rest are objects. */

/** It rises with every change that an older side wouldn't understand. */
export const TABS_VERSION = 1;

/** What is used of a `MessagePort`. */
export interface MessagePortLike {
  /** Called with an event whose `data` is what the other end has posted. */
  onmessage: ((event: never) => void) | null;
  /** Sends a copy of a value to the other end. */
  postMessage(message: unknown): void;
  /** Ends the port: nothing arrives at either end any more. */
  close(): void;
}

/** What a page says. */
export type FromPage =
  | string
  /** First; the worker answers with `welcome`. */
  | { readonly type: "hello"; readonly version: number }
  /** Opens the socket. @param url with the identity, if a connection is to be recovered */
  | { readonly type: "open"; readonly url: string }
  /** The client has closed or dropped its socket; 1000 ends its session. */
  | { readonly type: "close"; readonly code: number | undefined }
  /** The page goes away, or may be frozen: its session ends. */
  | { readonly type: "gone" }
  /** The page holds the Web Lock of `welcome` until it ends. */
  | { readonly type: "locked" }
  /** The page woke up, or the network has returned. */
  | { readonly type: "wake" }
  /** The answer to `probe`. */
  | { readonly type: "alive" }
  /** The answer to `getUrl`. */
  | { readonly type: "url"; readonly id: number; readonly url?: string; readonly error?: string };

/** What the worker says. */
export type FromWorker =
  | string
  /** @param lock the name of a Web Lock, for this port only */
  | { readonly type: "welcome"; readonly version: number; readonly lock: string }
  /** The socket is open. */
  | { readonly type: "open" }
  /** The socket is closed. */
  | { readonly type: "close"; readonly code: number | undefined; readonly reason: string | undefined }
  | { readonly type: "probe" }
  /** The worker holds this Web Lock until it ends: a browser may end it together with a page, in whose process it runs. */
  | { readonly type: "locked"; readonly lock: string }
  /** Asks the page for a client access URL. */
  | { readonly type: "getUrl"; readonly id: number };
