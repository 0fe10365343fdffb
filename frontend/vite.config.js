import { readFileSync } from "node:fs";
import { fileURLToPath, URL } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Writes icons.json: name -> the inner markup of the Lucide drawing, for the `icon` template tag.
 * Only the names of frontend/icons.json are taken; a name that Lucide does not know stops the build.
 */
function icons() {
  return {
    name: "mailflatrate-icons",
    apply: "build",
    generateBundle() {
      const drawings = {};
      for (const name of JSON.parse(readFileSync(at("icons.json"), "utf8"))) {
        const svg = readFileSync(at(`node_modules/lucide-static/icons/${name}.svg`), "utf8");
        drawings[name] = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)[1].replace(/\s*\n\s*/g, "");
      }
      this.emitFile({ type: "asset", fileName: "icons.json", source: JSON.stringify(drawings) });
    },
  };
}

export default defineConfig(({ command }) => ({
  plugins: [tailwindcss(), icons()],
  // Relative addresses inside the bundles: they work under any STATIC_URL. The development server is asked by `make dev`.
  base: command === "serve" ? "/static/dist/" : "./",
  server: { port: Number(process.env.VITE_PORT ?? 5173), strictPort: true, cors: { origin: /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/ } },
  publicDir: false,
  build: {
    outDir: at("../src/mailflatrate/static/dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: { polyfill: false },
    target: "es2022",
    // A data: address would need its own exception in the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1300,
    rollupOptions: {
      // GrapesJS has one eval; the content security policy of the pages forbids it.
      checks: { pluginTimings: false, eval: false },
      input: {
        app: at("src/app.js"),
        public: at("src/public.css"),
        charts: at("src/charts.js"),
        editor: at("src/editor.js"),
        blocks: at("src/blocks.js"),
        signup: at("src/signup.js"),
        hosted: at("src/hosted.js"),
        stand: at("src/stand.js"),
      },
    },
  },
}));
