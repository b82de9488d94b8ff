import { AppState } from "react-native";
import { watchNetwork, type NetInfo } from "./platformNetwork.js";

export { decodeBase64, encodeBase64 } from "./base64.js";
export { isTooLong, openSocket } from "./platform.browser.js";

/** The bundler of React Native gives one to every module. */
declare const require: (name: string) => unknown;

/**
 * In this form Metro takes the package along where it is installed, and the bundle does without it where it isn't. It
 * is loaded together with this module: what throws outside of all modules React Native reports as fatal.
 */
let netInfo: NetInfo | undefined;
try {
  netInfo = require("@react-native-community/netinfo") as NetInfo;
} catch {
  // Not installed, or without its native part: the app's state and the clock are left.
}

/** In React Native: calls `wake` when the app comes to the front, and when its network returns or is another one. */
export function watchApp(wake: () => void): () => void {
  const appState = AppState.addEventListener("change", (state) => {
    if (state === "active") wake();
  });
  const endOfNetwork = netInfo && watchNetwork(netInfo, wake);
  return () => {
    appState.remove();
    endOfNetwork?.();
  };
}
