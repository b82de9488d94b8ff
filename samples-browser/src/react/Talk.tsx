import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { groupHandle } from "web-pubsub-client/history";
import { useGroupMessages, useWebPubSubClient } from "web-pubsub-client/react";
import { lineSchema, newLine, type Room } from "../shared/chat";
import { noteEvents } from "../shared/connection";
import {
  classOf,
  entriesOf,
  firstExtras,
  keptOf,
  linesOf,
  withFailed,
  withGap,
  withNote,
  withSending,
  type Entry,
} from "../shared/entries";
import { historyOf, mayHaveOlder } from "../shared/history";
import { keepLines, linesBefore, onFailed, whyFailed } from "../shared/kept";
import { stayAtEnd } from "../shared/log";

interface TalkProps {
  readonly room: Room;
  readonly trouble: string;
}

export function Talk({ room, trouble }: TalkProps) {
  const client = useWebPubSubClient();
  const options = useMemo(() => ({ schema: lineSchema, history: historyOf(room) }), [room]);
  const { messages, loadOlder } = useGroupMessages(room, { ...options, limit: 1_000 });
  const group = useMemo(() => groupHandle(client, room, options), [client, room, options]);
  const [before] = useState(() => linesBefore(room));
  const lines = useMemo(() => linesOf(before, messages), [before, messages]);
  const shown = useRef(lines);
  useEffect(() => {
    shown.current = lines;
  });
  const [extras, setExtras] = useState(() => firstExtras(before));
  const entries = useMemo(() => entriesOf(lines, extras), [lines, extras]);
  useEffect(() => group.onGap((gap) => setExtras((all) => withGap(all, gap))), [group]);
  useEffect(
    () => noteEvents(client, (text) => setExtras((all) => withNote(all, shown.current, text))),
    [client],
  );

  const fail = (id: string, reason: string | undefined): void => {
    if (reason !== undefined) setExtras((all) => withFailed(all, shown.current, id, reason));
  };
  useEffect(() => onFailed(fail), []);
  const kept = useRef(entries);
  useEffect(() => {
    kept.current = entries;
  });
  useEffect(() => keepLines(room, () => keptOf(kept.current)), [room]);

  const [found, setFound] = useState<number>();
  const showOlder = async (): Promise<void> => {
    try {
      setFound((await loadOlder()).length);
    } catch (error) {
      const { message: reason } = error as Error;
      setExtras((all) => withNote(all, [], `Earlier lines can't be loaded: ${reason}`));
    }
  };

  const [message, setMessage] = useState("");
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = message.trim();
    setMessage("");
    if (text === "") return;
    const line = newLine(text);
    setExtras((all) => withSending(all, line));
    group.send(line).catch((error: Error) => fail(line.id, whyFailed(error)));
  };

  return (
    <section className="talk card" aria-labelledby="room-title">
      <h2 id="room-title">{room}</h2>
      {mayHaveOlder(lines, found) && (
        <button type="button" className="older" onClick={() => void showOlder()}>
          Show earlier lines
        </button>
      )}
      <Log entries={entries} />
      {trouble !== "" && <p role="alert">{trouble}</p>}
      <form className="compose" onSubmit={submit}>
        <label className="hidden" htmlFor="message">
          Message
        </label>
        <input
          id="message"
          value={message}
          onChange={({ currentTarget: { value } }) => setMessage(value)}
          autoComplete="off"
          maxLength={2000}
          placeholder="Say something"
          required
        />
        <button>Send</button>
      </form>
    </section>
  );
}

function Log({ entries }: { readonly entries: readonly Entry[] }) {
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => (log.current === null ? undefined : stayAtEnd(log.current)), []);
  return (
    <div className="log" role="log" aria-labelledby="room-title" tabIndex={0} ref={log}>
      <ol>
        {entries.map((entry) =>
          entry.kind === "line" ? (
            <li key={entry.key} className={classOf(entry)}>
              <span className={entry.state === "failed" ? "by failed" : "by"}>
                {entry.line.name} · {entry.about}
              </span>
              {entry.line.text}
            </li>
          ) : (
            <li key={entry.key} className={classOf(entry)}>
              {entry.text}
            </li>
          ),
        )}
      </ol>
    </div>
  );
}
