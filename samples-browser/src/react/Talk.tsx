import { useEffect, useRef, useState, type FormEvent } from "react";
import { useGroup, useWebPubSubClient } from "web-pubsub-client/react";
import { lineSchema, me, newLine, timeOf, type Line } from "../shared/chat";
import { noteEvents } from "../shared/connection";
import { keepLines, linesBefore, onFailed, whyFailed, type KeptLine } from "../shared/kept";
import { stayAtEnd } from "../shared/log";

type Entry =
  | { readonly kind: "line"; readonly key: string; readonly line: Line; readonly state: string }
  | { readonly kind: "note"; readonly key: string; readonly text: string };

const HELLO: Entry = {
  kind: "note",
  key: "hello",
  text: "Lines from before you came aren't kept.",
};
const SENDING = "sending";

/** The log of a page that was loaded again begins with what it showed before. */
function firstEntries(room: string): readonly Entry[] {
  const before = linesBefore(room);
  return before.length === 0
    ? [HELLO]
    : before.map((line) => entryOf(line, line.waiting ? SENDING : timeOf(line)));
}

function entryOf(line: Line, state: string): Entry {
  return { kind: "line", key: line.id, line, state };
}

interface TalkProps {
  readonly room: string;
  readonly trouble: string;
}

export function Talk({ room, trouble }: TalkProps) {
  const client = useWebPubSubClient();
  const [entries, setEntries] = useState(() => firstEntries(room));
  const [message, setMessage] = useState("");
  const { send } = useGroup(
    room,
    ({ data: line }) => {
      // An own line takes the place of the one that waited.
      setEntries((before) => [...before.filter(({ key }) => key !== line.id), entryOf(line, timeOf(line))]);
    },
    { schema: lineSchema },
  );
  useEffect(
    () =>
      noteEvents(client, (text) =>
        setEntries((before) => [...before, { kind: "note", key: newLine(text).id, text }]),
      ),
    [client],
  );

  const fail = (id: string, reason: string | undefined): void => {
    if (reason === undefined) return;
    const state = `not sent: ${reason}`;
    setEntries((before) => before.map((each) => (each.key === id ? { ...each, state } : each)));
  };
  useEffect(() => onFailed(fail), []);
  const shown = useRef(entries);
  useEffect(() => {
    shown.current = entries;
  });
  useEffect(() => keepLines(room, () => shown.current.flatMap(toKept)), [room]);

  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const text = message.trim();
    setMessage("");
    if (text === "") return;
    const line = newLine(text);
    setEntries((before) => [...before, entryOf(line, SENDING)]);
    send(line).catch((error: Error) => fail(line.id, whyFailed(error)));
  };

  return (
    <section className="talk card" aria-labelledby="room-title">
      <h2 id="room-title">{room}</h2>
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

function toKept(entry: Entry): KeptLine[] {
  return entry.kind === "line" ? [{ ...entry.line, waiting: entry.state === SENDING }] : [];
}

function Log({ entries }: { readonly entries: readonly Entry[] }) {
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => (log.current === null ? undefined : stayAtEnd(log.current)), []);
  return (
    <div className="log" role="log" aria-labelledby="room-title" tabIndex={0} ref={log}>
      <ol>
        {entries.map((entry) =>
          entry.kind === "note" ? (
            <li key={entry.key} className="note">
              {entry.text}
            </li>
          ) : (
            <li key={entry.key} className={classOf(entry.line, entry.state)}>
              <span className={entry.state.startsWith("not sent") ? "by failed" : "by"}>
                {entry.line.name} · {entry.state}
              </span>
              {entry.line.text}
            </li>
          ),
        )}
      </ol>
    </div>
  );
}

function classOf(line: Line, state: string): string {
  if (line.name !== me) return "";
  return state === SENDING || state.startsWith("not sent") ? "mine waiting" : "mine";
}
