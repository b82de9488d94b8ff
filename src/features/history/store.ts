import type { GroupDataMessage } from "../../core/models/messages.js";
import { inferDataType } from "../../core/session/operationMessage.js";
import type { GroupMessage } from "../groups/groupOptions.js";
import type { HistoryOptions, HistoryQuery, StoredMessage } from "./models.js";

/** What the store has answered: the valid messages of it. */
export interface Page<T> {
  readonly messages: GroupMessage<T>[];
  /** As many as were asked for, so there may be more. */
  readonly isFull: boolean;
}

/** What checks the messages of a group. */
interface Checker<T> {
  readonly name: string;
  receive(message: GroupDataMessage, key: number, deliver: (message: GroupMessage<T>) => void): unknown;
}

/** Asks the application's store, and checks what it answers. What `load` throws is thrown. */
export async function ask<T, In>(
  { load }: HistoryOptions<T, In>,
  query: HistoryQuery<T>,
  checker: Checker<T>,
  nextKey: () => number,
): Promise<Page<T>> {
  const answer: unknown = await load(query);
  if (
    !Array.isArray(answer) ||
    answer.some((item: Partial<StoredMessage> | null) => item?.data === undefined)
  )
    throw new TypeError("history.load must answer an array of messages, each with data.");
  const messages: GroupMessage<T>[] = [];
  await Promise.all(
    (answer as StoredMessage[]).map(({ data, dataType, fromUserId = "", metadata }) =>
      checker.receive(
        {
          kind: "groupData",
          group: checker.name,
          dataType: dataType ?? inferDataType(data),
          // JSON may be null.
          data: data as GroupDataMessage["data"],
          fromUserId,
          ...(metadata && { metadata }),
        },
        nextKey(),
        (message) => void messages.push(message),
      ),
    ),
  );
  return { messages, isFull: answer.length >= query.limit };
}

/** The key of a message. @throws TypeError if `key` returns anything but a string or a number */
export function keyOf<T, In>({ key }: HistoryOptions<T, In>, message: GroupMessage<T>): string | number {
  const value: unknown = key(message);
  if (typeof value === "string" || typeof value === "number") return value;
  throw new TypeError("history.key must return a string or a number.");
}
