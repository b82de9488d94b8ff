/** What goes wrong, and how far into the talk (0 to 1). */
const program = [
  { at: 0.2, say: "cuts ann's transport", strike: (faults) => faults.cutTransports({ userId: "ann" }) },
  { at: 0.45, say: "cuts every transport", strike: (faults) => faults.cutTransports() },
  {
    at: 0.7,
    say: "cuts ben's transport and refuses his recovery once (503)",
    strike(faults) {
      faults.refuseUpgrades({ with: 503, only: "recovery", times: 1 });
      faults.cutTransports({ userId: "ben" });
    },
  },
];

/** A function to be called with the progress (0 to 1); does what is due by then. */
export function scriptFaults(faults, transcript) {
  const left = faults === undefined ? [] : [...program];
  return (progress) => {
    while (left.length > 0 && left[0].at <= progress) {
      const { say, strike } = left.shift();
      transcript.tell("fault", say);
      strike(faults);
    }
  };
}
