import { useCallback, useEffect } from "react";
import type { ConnectionInfo, ServerDataMessage } from "../core/index.js";
import { useWebPubSubClient } from "./provider.js";
import { useLatest, useStore } from "./support.js";

const NOT_CONNECTED: ConnectionInfo = { state: "Stopped" };

/** State, connection id, last error and next attempt; rerenders when any of them changes. */
export function useConnection(): ConnectionInfo {
  const client = useWebPubSubClient();
  return useStore(
    useCallback((changed) => client.on("state-changed", changed), [client]),
    () => client.connectionInfo,
    NOT_CONNECTED,
  );
}

/** Calls `onMessage` with every message of the application's server. The newest `onMessage` is called. */
export function useServerMessage(onMessage: (message: ServerDataMessage) => unknown): void {
  const client = useWebPubSubClient();
  const latest = useLatest(onMessage);
  useEffect(() => client.on("server-message", ({ message }) => latest.current(message)), [client, latest]);
}
