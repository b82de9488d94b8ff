import { useConnection } from "web-pubsub-client/react";
import { commit, FAULTS } from "../shared/faults";
import { isLocal } from "../shared/service";

export function Faults() {
  const { connectionId } = useConnection();
  return (
    <section className="faults card" aria-labelledby="faults-title">
      <h2 id="faults-title">Break my connection{!isLocal && " (local service only)"}</h2>
      <ul>
        {FAULTS.map(({ deed, label, hint }) => (
          <li key={deed}>
            <button
              type="button"
              disabled={!isLocal}
              aria-describedby={`about-${deed}`}
              onClick={() => void commit(deed, connectionId)}
            >
              {label}
            </button>
            <small id={`about-${deed}`}>{hint}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
