import { launchChromiumEngine } from "./chromiumEngine.js";
import { runList } from "./list.js";

// The driver turns the back-forward cache off.
runList(launchChromiumEngine, { restoresPages: false, goesOffline: true });
