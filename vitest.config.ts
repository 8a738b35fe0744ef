import { defineConfig } from "vitest/config";

// vitest loads its configuration from a default export.
export default defineConfig({
  test: {
    include: ["{src,sim,test,bench}/**/*.test.ts"],
    globalSetup: ["test/rig/global-setup.ts"],
    // Servers start and programs are compiled in some of them; a hang should still end the run.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
  },
});
