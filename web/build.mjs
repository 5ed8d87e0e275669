// Builds dist from src. The same sources give the same bytes.
import {build} from 'esbuild';

await build({
  entryPoints: ['src/app.ts', 'src/app.css'],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: 'dist',
  legalComments: 'eof',
  logLevel: 'warning',
});
