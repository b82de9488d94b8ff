import { useState, useSyncExternalStore } from "react";
import { roomOfAddress, ROOMS } from "../shared/chat";
import { Connection } from "./Connection";
import { Faults } from "./Faults";
import { People } from "./People";
import { Talk } from "./Talk";

function onHashChange(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}

export function Chat() {
  const room = useSyncExternalStore(onHashChange, roomOfAddress);
  const [trouble, setTrouble] = useState("");
  return (
    <>
      <Connection />
      <nav className="rooms" aria-label="Rooms">
        <ul>
          {ROOMS.map((name) => (
            <li key={name}>
              <button
                type="button"
                aria-current={name === room}
                onClick={() => {
                  location.hash = name;
                }}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <People room={room} onTrouble={setTrouble} />
      <Talk key={room} room={room} trouble={trouble} />
      <Faults />
    </>
  );
}
