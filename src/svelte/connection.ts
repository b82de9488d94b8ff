import { onMount } from "svelte";
import { createSubscriber } from "svelte/reactivity";
import type { ConnectionInfo, ServerDataMessage } from "../core/index.js";
import { useWebPubSubClient } from "./provider.js";

/** State, connection id, last error and next attempt; each of them is reactive. */
export function useConnection(): ConnectionInfo {
  const client = useWebPubSubClient();
  const track = createSubscriber((changed) => client.on("state-changed", changed));
  const now = (): ConnectionInfo => {
    track();
    return client.connectionInfo;
  };
  return {
    get state() {
      return now().state;
    },
    get connectionId() {
      return now().connectionId;
    },
    get userId() {
      return now().userId;
    },
    get error() {
      return now().error;
    },
    get attempt() {
      return now().attempt;
    },
    get nextAttemptAt() {
      return now().nextAttemptAt;
    },
  } satisfies { [Key in keyof Required<ConnectionInfo>]: ConnectionInfo[Key] };
}

/** Calls `onMessage` with every message of the application's server. */
export function useServerMessage(onMessage: (message: ServerDataMessage) => unknown): void {
  const client = useWebPubSubClient();
  onMount(() => client.on("server-message", ({ message }) => onMessage(message)));
}
