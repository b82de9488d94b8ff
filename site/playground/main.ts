import { byId } from "./dom.js";
import { openEditor } from "./editor.js";
import { figureCard } from "./figure.js";
import { burst } from "./figures/burst.js";
import { cut } from "./figures/cut.js";
import { expiredToken } from "./figures/expiredToken.js";
import { halfOpen } from "./figures/halfOpen.js";
import { restart } from "./figures/restart.js";
import { LogPanel } from "./logPanel.js";
import { openRoom } from "./room.js";
import { Stage } from "./stage.js";

const log = new LogPanel();
const stage = new Stage((message) => log.say("service", message));
stage.service.trace((entry) => log.trace(entry));
openRoom(stage, log);
byId("figures").append(...[cut, halfOpen, restart, expiredToken, burst].map(figureCard));
openEditor(stage);
// Opened as a file, there may be no documents beside it.
if (location.protocol === "file:") document.documentElement.classList.add("alone");
