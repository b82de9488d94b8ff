import { expect, test } from "vitest";
import type { Frame } from "../../helpers/frames.js";
import { follow } from "../../helpers/settlement.js";
import { compared, ending } from "./scenario.js";
import type { MakeSubject } from "./subject.js";
import { until } from "../../helpers/until.js";
import { WireService } from "./wireService.js";

/** Answers one invocation and gives what the client sent after it. */
const answering = (answer: Frame) => async (make: MakeSubject) => {
  await using service = await WireService.open();
  const client = make(service.url);
  await using _end = ending(client);
  await client.start();
  const invoked = follow(client.invokeEvent("ask", "x", "text"));
  const [question] = await until(() => {
    const all = service.connection.of("invoke");
    return all.length > 0 && all;
  });
  service.connection.send({
    type: "invokeResponse",
    invocationId: question?.["invocationId"],
    ...answer,
  });
  await until(() => invoked.status === "rejected");
  // Whatever the client has to say on the failure goes out before this.
  await client.sendEvent("later", "", "text");
  return service.connection.frames.map(({ type }) => type);
};

test.each<[string, Frame]>([
  ["a failure without words", { success: false }],
  ["an answer that is neither yes nor no", {}],
])("W28: after %s nothing is cancelled", async (_, answer) => {
  expect(await compared(answering(answer))).toEqual({
    ours: ["invoke", "event"],
    reference: ["invoke", "cancelInvocation", "event"],
  });
});
