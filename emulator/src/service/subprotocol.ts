import type { Admission, ConnectRequest } from "./admission.js";
import { BareFrames, bareMode } from "./bareFrames.js";
import type { Codec } from "./codec.js";
import type { Permissions } from "./permissions.js";

/** The client's first choice among those spoken here. */
export function firstKnown(codecs: readonly Codec[], offered: readonly string[]): Codec | undefined {
  for (const wanted of offered) {
    const codec = codecs.find(({ name }) => name === wanted);
    if (codec !== undefined) return codec;
  }
  return undefined;
}

/**
 * How to speak with a new client: in what the application chose, else in the first that is known, else in bare frames.
 * Unsettled: a choice that the client doesn't offer is the application's mistake and refuses the client.
 */
export function settle(
  codecs: readonly Codec[],
  { subprotocols, query }: ConnectRequest,
  chosen: string | undefined,
  permissions: Permissions,
): Codec | Extract<Admission, { readonly kind: "refused" }> {
  if (chosen !== undefined && !subprotocols.includes(chosen)) {
    const name = JSON.stringify(chosen);
    const message = `The connect handler chose the subprotocol ${name}, which the client doesn't offer.`;
    return { kind: "refused", status: 500, message };
  }
  const codec = firstKnown(codecs, chosen === undefined ? subprotocols : [chosen]);
  if (codec !== undefined) return codec;
  const mode = bareMode(query);
  if (typeof mode === "string") return { kind: "refused", status: 400, message: mode };
  if (mode.kind === "sendToGroup" && !permissions.allows("sendToGroup", mode.group)) {
    const message = "The client has no permission to send to the group.";
    return { kind: "refused", status: 403, message };
  }
  return new BareFrames(chosen ?? "", mode);
}
