import { useEffect, useState, useSyncExternalStore } from "react";
import { useConnection } from "web-pubsub-client/react";
import { describe, onNetwork } from "../shared/connection";

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
    </section>
  );
}
