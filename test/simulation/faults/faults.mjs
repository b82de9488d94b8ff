// Faults planted on purpose: each one breaks a promise in the way a careless change might. The
// simulation must find every one of them, or its oracles are blind there.
import { connection } from "./connection.mjs";
import { events } from "./events.mjs";
import { features } from "./features.mjs";
import { handles } from "./handles.mjs";
import { handOvers } from "./handOvers.mjs";
import { invocations } from "./invocations.mjs";
import { lanes } from "./lanes.mjs";
import { lifecycle } from "./lifecycle.mjs";
import { membership } from "./membership.mjs";
import { messages } from "./messages.mjs";
import { observation } from "./observation.mjs";
import { operations } from "./operations.mjs";
import { presence } from "./presence.mjs";
import { protobuf } from "./protobuf.mjs";
import { recovery } from "./recovery.mjs";
import { retain } from "./retain.mjs";
import { service } from "./service.mjs";
import { streams } from "./streams.mjs";
import { tabs } from "./tabs.mjs";

const topics = {
  operations,
  lanes,
  messages,
  membership,
  recovery,
  connection,
  lifecycle,
  handOvers,
  retain,
  events,
  handles,
  features,
  streams,
  invocations,
  observation,
  presence,
  protobuf,
  service,
  tabs,
};

export const faults = Object.entries(topics).flatMap(([topic, list]) =>
  list.map((fault) => ({ ...fault, name: `${topic}: ${fault.name}` })),
);
