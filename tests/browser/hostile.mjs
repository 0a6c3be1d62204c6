// Writes a deployment log of forty teams whose services bear the names that break pages.
const hostile = [
  "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "=cmd()|' /C calc'!A0", "../../etc/passwd",
  "x".repeat(500), "فريق المدفوعات", "search 🚀🔥", "two\nlines", "{{ 7 * 7 }}{% raw %}", "javascript:alert(1)",
  "Checkout", "checkout", "check out", "a/b", "con", "%2e%2e%2f", "#content", "?q=1", "Zahlung & Co. <GmbH>",
];
const quoted = (text) => `"${text.replaceAll("\"", "\"\"")}"`;
const lines = ["deployment_id,service,team,environment,version,status,started_at,finished_at"];
let number = 0;
for (let team = 1; team <= 40; team += 1) {
  const names = [hostile[(team - 1) % hostile.length], `service-${team}`];
  const teamName = team <= hostile.length ? hostile[team - 1] : `team ${team}`;
  for (let month = 0; month < 18; month += 1) {
    for (const service of names) {
      for (let day = 2; day < 26; day += 4 + (team % 5)) {
        number += 1;
        const start = Date.UTC(2025, month, day, 8 + (number % 9), (number * 7) % 60);
        const status = number % 11 === 0 ? "rolled_back" : "succeeded";
        const at = (millis) => new Date(millis).toISOString().slice(0, 19) + "Z";
        const fields = [`D${number}`, service, teamName, "production", `1.${number}`, status, at(start), at(start + 600_000)];
        lines.push(fields.map(quoted).join(","));
      }
    }
  }
}
console.log(lines.join("\n"));
