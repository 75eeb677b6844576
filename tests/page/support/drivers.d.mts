/** A browser that Playwright cannot drive here (drivers.mjs). */
export interface Session {
  open(url: string): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  run(script: string, ...args: unknown[]): Promise<any>;
  until(script: string, options?: { timeout?: number }): Promise<any>;
  click(selector: string): Promise<void>;
  type(selector: string, text: string): Promise<void>;
  picture(path: string): Promise<void>;
  close(): Promise<void>;
}
export const BROWSERS: Record<string, () => Promise<Session>>;
