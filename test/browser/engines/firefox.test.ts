import { launchFirefoxEngine } from "./firefoxEngine.js";
import { runList } from "./list.js";

// It keeps no page that has a socket open.
runList(launchFirefoxEngine, { restoresPages: false, goesOffline: true });
