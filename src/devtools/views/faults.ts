import { h, say, set } from "../dom.js";
import { commit, DEEDS } from "../faults.js";
import type { Subject } from "../subject.js";
import type { View } from "../view.js";

/** Buttons that make the local service fail. @param admin address of its admin path */
export function faultsView({ client }: Subject, admin: string): View {
  const result = h("p", { class: "result" });
  const items = DEEDS.map((deed, at) => {
    const act = async (): Promise<void> => {
      say(result, `${deed.label}: asked`);
      try {
        say(result, `${deed.label}: ${await commit(admin, deed, client.connectionId)}`);
        set(result, "role", undefined);
      } catch (thrown) {
        set(result, "role", "alert");
        say(result, `${deed.label}: ${(thrown as Error).message}`);
      }
    };
    const button = h(
      "button",
      { type: "button", "aria-describedby": `hint-${at}`, onclick: () => void act() },
      deed.label,
    );
    return { deed, button, hint: h("span", { id: `hint-${at}`, class: "dim" }, deed.hint) };
  });
  return {
    name: "Faults",
    element: h(
      "div",
      {},
      h("ul", { class: "deeds" }, ...items.map(({ button, hint }) => h("li", {}, button, hint))),
      result,
    ),
    render() {
      for (const { deed, button } of items) button.disabled = !deed.all && client.state !== "Connected";
    },
  };
}
