import { checkInteger, checkNumber, checkObject, checkOneOf, checkString, optional } from "./check.js";

const keysByKind: Readonly<Record<string, readonly string[]>> = {
  cutTransports: ["filter"],
  goHalfOpen: ["filter"],
  restartService: ["sockets"],
  refuseUpgrades: ["with", "only", "filter", "times"],
  rejectRecovery: ["filter", "times"],
  announceRecovery: ["filter", "times"],
  renewTokens: ["filter"],
  holdAcks: ["swallow", "delayInMs", "filter", "times"],
  answerAcks: ["error", "filter", "times"],
  replayTwice: ["filter", "times"],
  holdInvocations: ["swallow", "delayInMs", "event", "filter", "times"],
  refuseStreams: ["error", "streamId", "filter", "times"],
  nackFragments: ["streamSequenceId", "name", "streamId", "filter", "times"],
  holdStreamAcks: ["swallow", "delayInMs", "streamId", "filter", "times"],
  closeStreams: ["error", "message", "streamId", "filter"],
};

/** Longest delay that a timer can take, in milliseconds. */
const maxDelayInMs = 2 ** 31 - 1;

/** Throws an error that says what is wrong with the description of a fault. */
export function checkFault(fault: unknown): void {
  const kinds = Object.keys(keysByKind);
  const kind = checkOneOf(
    "fault.kind",
    typeof fault === "object" && fault !== null && "kind" in fault ? fault.kind : undefined,
    kinds,
  );
  const fields = checkObject(kind, fault, ["kind", ...(keysByKind[kind] ?? [])]);
  optional(fields["times"], (times) => checkInteger("times", times, 1, Number.MAX_SAFE_INTEGER));
  optional(fields["filter"], checkFilter);
  optional(fields["streamId"], (id) => checkString("streamId", id));
  switch (kind) {
    case "restartService":
      optional(fields["sockets"], (sockets) => checkOneOf("sockets", sockets, ["close", "cut"]));
      return;
    case "refuseUpgrades":
      if (typeof fields["with"] === "string") checkOneOf("with", fields["with"], ["hang", "reset"]);
      else checkInteger("with", fields["with"], 300, 599);
      optional(fields["only"], (only) => checkOneOf("only", only, ["recovery", "new"]));
      if (fields["only"] === "new" && fields["filter"] !== undefined) {
        throw new TypeError(
          "refuseUpgrades takes no filter with only: new, since a new connection isn't known yet.",
        );
      }
      return;
    case "holdAcks":
    case "holdInvocations":
    case "holdStreamAcks":
      if ((fields["swallow"] === true) === (fields["delayInMs"] !== undefined)) {
        throw new TypeError(`${kind} takes either swallow: true or delayInMs.`);
      }
      optional(fields["delayInMs"], (delay) => checkNumber("delayInMs", delay, 0, maxDelayInMs));
      optional(fields["event"], (event) => checkString("event", event));
      return;
    case "nackFragments":
      optional(fields["streamSequenceId"], (id) =>
        checkInteger("streamSequenceId", id, 1, Number.MAX_SAFE_INTEGER),
      );
      optional(fields["name"], (name) => checkOneOf("name", name, ["InvalidSequenceId", "TransientError"]));
      return;
    case "answerAcks":
    case "refuseStreams":
    case "closeStreams":
      checkString("error", fields["error"]);
      optional(fields["message"], (message) => checkString("message", message));
  }
}

function checkFilter(filter: unknown): void {
  const fields = checkObject("filter", filter, ["hub", "connectionId", "userId", "group"]);
  for (const [name, value] of Object.entries(fields))
    optional(value, (text) => checkString(`filter.${name}`, text));
}
