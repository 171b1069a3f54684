// Writes the types of every service's interface from its OpenAPI document, which is the contract these pages keep.
import { readdir, mkdir, writeFile } from 'node:fs/promises'
import openapiTypescript, { astToString } from 'openapi-typescript'

const documents = new URL('../../../docs/openapi/', import.meta.url)
const generated = new URL('../src/api/generated/', import.meta.url)

await mkdir(generated, { recursive: true })
for (const name of (await readdir(documents)).filter((name) => name.endsWith('.yaml'))) {
  const tree = await openapiTypescript(new URL(name, documents))
  await writeFile(new URL(name.replace('.yaml', '.ts'), generated), astToString(tree))
}
