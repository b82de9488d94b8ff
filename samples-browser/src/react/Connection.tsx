import { useEffect, useState, useSyncExternalStore } from "react";
import { useConnection, useWebPubSubClient } from "web-pubsub-client/react";
import { describe, onNetwork } from "../shared/connection";
import { inspect, keepPanel } from "../shared/panel";

/** The time, anew every half second, for the countdown. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const interval = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(interval);
  }, []);
  return now;
}

export function Connection() {
  const online = useSyncExternalStore(onNetwork, () => navigator.onLine);
  const client = useWebPubSubClient();
  useEffect(() => keepPanel(client), [client]);
  const { tone, label, detail, reason } = describe(useConnection(), online, useNow());
  return (
    <section className="status card" aria-label="Connection">
      <p className="state" role="status" data-tone={tone}>
        {label}
      </p>
      <p className="detail">{detail}</p>
      <p className="reason" role="alert">
        {reason}
      </p>
      <button
        type="button"
        className="inspect"
        aria-label="Inspect the connection"
        onClick={() => void inspect(client)}
      >
        Inspect
      </button>
    </section>
  );
}
