import { useEffect } from "react";
import { useConnection, useGroupState } from "web-pubsub-client/react";
import { me } from "../shared/chat";

interface PeopleProps {
  readonly room: string;
  readonly onTrouble: (text: string) => void;
}

export function People({ room, onTrouble }: PeopleProps) {
  const { connectionId } = useConnection();
  const { states, error, setState } = useGroupState(room);
  useEffect(() => {
    const say = (telling: Promise<unknown>): void => {
      telling.catch((thrown: Error) => onTrouble(`The others may not see you right: ${thrown.message}`));
    };
    say(setState({ name: me, page: "React" }));
    return () => say(setState(undefined));
  }, [setState, onTrouble]);
  return (
    <section className="people card" aria-labelledby="people-title">
      <h2 id="people-title">Here now: {states.length}</h2>
      {error !== undefined && <p className="detail">{error.message}</p>}
      <ul>
        {states.map((each) => (
          <li key={each.connectionId}>
            {each.state.name}
            {each.connectionId === connectionId && " (you)"} <small>{each.state.page}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}
