import type { WebPubSubDataType } from "../models/messages.js";

/** Sorts the arguments of a call in which the data type may be left out. Null counts as left out. */
export function split<Options extends object>(
  typeOrOptions: WebPubSubDataType | Options | undefined,
  more: Options | undefined,
): [WebPubSubDataType | undefined, Options | undefined] {
  return typeof typeOrOptions === "object" && !more
    ? [undefined, typeOrOptions ?? undefined]
    : [(typeOrOptions ?? undefined) as WebPubSubDataType | undefined, more ?? undefined];
}
