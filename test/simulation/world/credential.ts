import type { WebPubSubClientCredential } from "../../../src/core/credential.js";
import type { Actor } from "./actor.js";
import type { World } from "./world.js";

/** A credential as applications write them: it caches its token, and can fail, hang, lie or be slow. */
export function credential(actor: Actor, world: World): WebPubSubClientCredential {
  let cached = { token: "", until: -1 };
  return {
    async getClientAccessUrl(options) {
      const { clock } = world;
      if (actor.credentialSignals.some(({ aborted }) => !aborted))
        world.failed(`${actor.name} asks for a URL before it has given the last attempt up`);
      actor.credentialSignals = options?.abortSignal === undefined ? [] : [options.abortSignal];
      const { how, until, takes } = actor.credentialTrouble;
      if (clock.now < until) {
        if (how === "fails") throw new Error("The credential fails.");
        if (how === "hangs") await new Promise<void>(() => undefined);
        if (how === "slow")
          await new Promise<void>((resolve) => clock.after(takes, () => actor.soon(resolve)));
        if (how === "lies") return `wss://service/client/hubs/chat?access_token=${actor.user}~0`;
      }
      const { tokenLifeInMs } = actor.plan;
      if (clock.now >= cached.until) {
        cached = {
          token: `${actor.user}~${clock.now + tokenLifeInMs}`,
          until: clock.now + tokenLifeInMs / 2,
        };
      }
      return `wss://service/client/hubs/chat?access_token=${cached.token}`;
    },
  };
}
