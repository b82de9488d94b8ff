import { useEffect, useState } from "react";
import { useConnection } from "web-pubsub-client/react";
import { commit, FAULTS, hasFaults } from "../shared/faults";

export function Faults() {
  const { connectionId } = useConnection();
  const [local, setLocal] = useState<boolean>();
  useEffect(() => void hasFaults().then(setLocal), []);
  return (
    <section className="faults card" aria-labelledby="faults-title">
      <h2 id="faults-title">Break my connection{local === false && " (local service only)"}</h2>
      <ul>
        {FAULTS.map(({ deed, label, hint }) => (
          <li key={deed}>
            <button
              type="button"
              disabled={local !== true}
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
