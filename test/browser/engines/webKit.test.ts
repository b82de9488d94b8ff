import { launchWebKitEngine } from "./webKitEngine.js";
import { runList } from "./list.js";

// Its driver has no switch for the network.
runList(launchWebKitEngine, { restoresPages: true, goesOffline: false });
