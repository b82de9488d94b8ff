/** Lines of the changelogs: the words of a change, and nothing about dependencies of one package on the other. */
module.exports = {
  getReleaseLine: async ({ summary }) => `- ${summary.trim().replaceAll("\n", "\n  ")}`,
  getDependencyReleaseLine: async () => "",
};
