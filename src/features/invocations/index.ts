import { defineFeature } from "../../core/feature.js";
import { invocationFrames } from "./frames.js";
import { Invocations } from "./invocations.js";
import { split } from "../../core/util/split.js";
import type { InvocationsApi } from "./models.js";

export type * from "./types.js";
export { InvocationError } from "./invocationError.js";

/** Calls to the application's server with an answer: `invocations(client).invoke("sum", [1, 2])`. */
export const invocations = /* @__PURE__ */ defineFeature<InvocationsApi>("invocations", (port) => {
  port.carries(invocationFrames);
  const calls = new Invocations(port);
  port.listen(calls);
  return {
    invoke: (eventName, content, typeOrOptions, more) => {
      const [dataType, options] = split(typeOrOptions, more);
      return calls.invoke(eventName, content, dataType, options);
    },
  };
});
