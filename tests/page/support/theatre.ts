// What the tests of the theatre ask of a page, whatever drives its browser.

/** What of the theatre cannot be seen or reached as the page stands. It runs in the page, and needs nothing around it. */
export function theatreFaults(): string[] {
  const at = (element: Element, x: number, y: number) => {
    const seen = document.elementFromPoint(x, y);
    return seen !== null && (element.contains(seen) || (element.matches("input, button") && seen.contains(element)));
  };
  const isAtHand = (id: string) => {
    const element = document.querySelector(`[data-testid="${id}"]`);
    const box = element?.getBoundingClientRect();
    return !!element && !!box && box.width > 1 && box.height > 1 && at(element, box.x + box.width / 2, box.y + box.height / 2);
  };
  const found: string[] = [];
  const terminal = document.querySelector(".terminal")?.getBoundingClientRect();
  const prompt = document.querySelector('[data-testid="terminal-input"]')?.getBoundingClientRect();
  if (terminal && prompt && prompt.height > 1 && prompt.bottom > terminal.bottom + 1) found.push("the prompt is cut");
  for (const pod of document.querySelectorAll<HTMLElement>("[data-pod]")) {
    const box = pod.getBoundingClientRect();
    const middle = box.x + box.width / 2;
    const isWhole = box.x >= 0 && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
    if (!isWhole || !at(pod, middle, box.y + 2) || !at(pod, middle, box.bottom - 2)) found.push(`${pod.dataset.pod} is not wholly seen`);
    const status = pod.querySelector(".pod-status");
    if (status && status.scrollWidth > status.clientWidth + 1) found.push(`${pod.dataset.status} is cut`);
  }
  found.push(...["caption", "limits", "play"].filter((id) => !isAtHand(id)));
  const hands = ["apply", "terminal-input"].filter(isAtHand);
  if (innerWidth < 600 ? hands.length === 0 : hands.length < 2) found.push(`at hand are only ${hands}`);
  if (document.documentElement.scrollWidth > innerWidth) found.push("it scrolls sideways");
  return found;
}
