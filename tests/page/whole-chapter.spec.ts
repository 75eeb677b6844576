// The whole chapter as it was typed into a real cluster (Kubernetes 1.36.2), word for word, with that cluster's answers.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, openEmpty, test } from "./support/lab";

interface Typed {
  at_ms: number;
  command: string;
  output: string;
  /** What deployment.yaml holds from now on. */
  manifest?: string;
}

const chapter: Typed[] = JSON.parse(readFileSync(join(import.meta.dirname, "../data/chapter.json"), "utf8"));

/** What is random in a cluster, or depends on the machine, masked: names' ends, addresses, ids, times, counts of events. */
function masked(text: string): string[] {
  return text
    .replaceAll(/\b(hellok8s-deployment-[0-9a-f]{8,10})-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "$1-POD")
    .replaceAll(/kube-api-access-\w{5}/g, "kube-api-access-ID")
    .replaceAll(/(from|Namespace:) +(m|default)( namespace)?\b/g, "$1 NAMESPACE")
    .replaceAll(/(assigned) (m|default)\//g, "$1 NAMESPACE/")
    .replaceAll(/(containerd:\/\/|sha256:)[0-9a-f]+/g, "$1ID")
    .replaceAll(/\b\d{1,3}(\.\d{1,3}){3}\b/g, "ADDRESS")
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000/g, "TIME")
    .replaceAll(/\(x\d+ over [\dhms]+\)|\(\d+[\dhms]* ago\)/g, "OFTEN")
    .replaceAll(/in [\d.]+m?s \([\d.]+m?s including waiting\)/g, "in SPAN")
    .replaceAll(/\b\d+[smhd](\d+[smh])?\b/g, "AGE")
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " ").replaceAll(/AGE OFTEN/g, "AGE").trim())
    .filter((line) => line !== "");
}

/** Rows of pods with random names, and events, stand in any order. */
const compared = (text: string) => masked(text).sort();

test("the whole chapter, typed word for word, gives the answers of the real cluster", async ({ page }) => {
  test.setTimeout(300_000);
  await openEmpty(page, "/?lang=en");
  await page.evaluate(() => window.lab.pause());
  const [input, log] = [page.getByTestId("terminal-input"), page.getByTestId("terminal-log")];
  // Time has gone by until the page was paused.
  const began = await page.evaluate(() => window.lab.now());
  for (const { at_ms, command, output, manifest } of chapter) {
    await page.evaluate((at) => window.lab.advance(Math.max(at - window.lab.now(), 0)), began + at_ms);
    if (manifest !== undefined) await page.getByTestId("editor").fill(manifest);
    // A pod is named as it is called here: one of the same ReplicaSet.
    const line = await page.evaluate((line) => {
      const found = line.match(/hellok8s-deployment-[0-9a-f]{8,10}-(?=\w{5}\b)/);
      const pod = found && document.querySelector(`[data-pod^="${found[0]}"]`)?.getAttribute("data-pod");
      return found && pod ? line.replace(/hellok8s-deployment-[0-9a-f]{8,10}-\w{5}/, pod) : line;
    }, command);
    await page.getByRole("button", { name: "Clear" }).click();
    await input.fill(line);
    await input.press("Enter");
    await expect(log).toContainText(`$ ${line}`);
    // A command takes its time, and one that waits, such as delete, ends while time passes.
    for (let waited = 0; waited < 100 && (await log.getAttribute("data-busy")) === "true"; waited++) {
      await page.evaluate(() => window.lab.advance(50));
    }
    const said = await log.innerText();
    const answer = said.slice(said.indexOf("\n") + 1);
    expect.soft(compared(answer), `${at_ms} ms: ${command}`).toEqual(compared(output));
  }
});
